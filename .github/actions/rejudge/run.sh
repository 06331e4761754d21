#!/usr/bin/env bash
# Has the judge's job of a commit run again, because a review arrived. The judge itself then reads the reviews; nothing that
# started this counts for anything.
#
# HEAD_SHA  the pull request's head
# CHECK     the name of the judge's check
# JUDGES    the workflow file whose jobs judge
set -euo pipefail

case "${HEAD_SHA:?}" in *[!0-9a-f]*) echo "$HEAD_SHA is no commit" && exit 2 ;; esac
runs=${RUNNER_TEMP:-/tmp}/countersign-runs
# What the judge left is named by the commit; where it came to nothing its check is on the commit.
{
  gh api --method GET "repos/$GITHUB_REPOSITORY/actions/artifacts" -f "name=countersign-judged-$HEAD_SHA" \
    --jq '.artifacts[].workflow_run.id'
  gh api --method GET "repos/$GITHUB_REPOSITORY/commits/$HEAD_SHA/check-runs" -f "check_name=${CHECK:?}" -f filter=latest \
    --jq '.check_runs[] | select(.app.slug == "github-actions") | .details_url' |
    sed -n 's|^.*/actions/runs/\([0-9][0-9]*\)/.*$|\1|p'
} | sort -run >"$runs"
while IFS= read -r run; do
  came=$(gh api "repos/$GITHUB_REPOSITORY/actions/runs/$run" --jq '[.event, (.path | sub("@.*"; ""))] | @tsv')
  # A job or an artifact of the same name that the change itself brought is not the judge's.
  if [ "$came" != "pull_request_target"$'\t'"${JUDGES:?}" ]; then continue; fi
  # It may have read the reviews before this one came.
  while [ "$(gh api "repos/$GITHUB_REPOSITORY/actions/runs/$run" --jq .status)" != completed ]; do sleep "${WAIT:-10}"; done
  gh api --method POST "repos/$GITHUB_REPOSITORY/actions/runs/$run/rerun" --silent
  echo "run $run judges again"
  exit
done <"$runs"
echo "nothing of $JUDGES judged $HEAD_SHA: there is nothing to run again"
