#!/usr/bin/env bash
# Posts what was found as one comment on the pull request, and keeps that one comment up to date. A change that never had a
# finding gets none.
#
# NUMBER   the pull request
# RESULTS  the folder that the judge wrote
set -euo pipefail

marker='<!-- countersign/check -->'
results=${RESULTS:?}
status=$(cat "$results/status" 2>/dev/null || echo 2)
body=$(mktemp "${RUNNER_TEMP:-/tmp}/countersign-comment.XXXXXX")
trap 'rm -f "$body"' EXIT
if [ -f "$results/summary.md" ]; then
  # The marker is written where a failure left a summary without one.
  if [ "$(head -c ${#marker} "$results/summary.md")" != "$marker" ]; then echo "$marker" >"$body"; fi
  cat "$results/summary.md" >>"$body"
else
  printf '%s\n**Countersign could not judge this change.** The log of the job says why.\n' "$marker" >"$body"
fi

# Only a comment of this job's own account is edited: anybody may write the marker.
own=$(gh api --paginate "repos/$GITHUB_REPOSITORY/issues/${NUMBER:?}/comments" |
  jq -r --arg marker "$marker" '.[] | select(.user.login == "github-actions[bot]") | select(.body | startswith($marker)) | .id' | head -n 1)
if [ -n "$own" ]; then
  gh api --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$own" -F "body=@$body" --silent
  echo "the comment is up to date"
elif [ "$status" != 0 ]; then
  gh api --method POST "repos/$GITHUB_REPOSITORY/issues/$NUMBER/comments" -F "body=@$body" --silent
  echo "commented"
else
  echo "nothing to say"
fi
