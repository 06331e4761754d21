#!/usr/bin/env bash
# Has the judge's job of a commit run again, because a review arrived. The judge itself then reads the reviews; nothing that
# started this counts for anything.
#
# HEAD_SHA  the pull request's head
# CHECK     the name of the judge's check
set -euo pipefail

case "${HEAD_SHA:?}" in *[!0-9a-f]*) echo "$HEAD_SHA is no commit" && exit 2 ;; esac
gh api --method GET --paginate "repos/$GITHUB_REPOSITORY/commits/$HEAD_SHA/check-runs" -f "check_name=${CHECK:?}" -f filter=latest |
  jq -r '.check_runs[] | select(.app.slug == "github-actions") | .details_url' |
  sed -n 's|^.*/actions/runs/\([0-9][0-9]*\)/.*$|\1|p' | sort -run >"${RUNNER_TEMP:-/tmp}/countersign-runs"
while IFS= read -r run; do
  event=$(gh api "repos/$GITHUB_REPOSITORY/actions/runs/$run" --jq .event)
  # A job of the same name that the change itself brought is not the judge.
  if [ "$event" != pull_request_target ]; then continue; fi
  # It may have read the reviews before this one came.
  while [ "$(gh api "repos/$GITHUB_REPOSITORY/actions/runs/$run" --jq .status)" != completed ]; do sleep "${WAIT:-10}"; done
  gh api --method POST "repos/$GITHUB_REPOSITORY/actions/runs/$run/rerun" --silent
  echo "run $run judges again"
  exit
done <"${RUNNER_TEMP:-/tmp}/countersign-runs"
echo "no job called '$CHECK' judged $HEAD_SHA: there is nothing to run again"
