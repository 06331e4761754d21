#!/usr/bin/env bash
# Judges a proposed change. Base and head are fetched as git objects; neither is checked out, and nothing of the head runs.
#
# EVENT        pull_request_target or merge_group
# BRANCH       the branch that the change is proposed for
# NUMBER       the pull request; in a merge queue it is read from QUEUE_REF
# HEAD_SHA     the pull request's head, or the commit of the merge queue
# QUEUE_BASE   in a merge queue: the commit that the change is put upon
# QUEUE_REF    in a merge queue: the branch that the forge made for it
# REVIEWS      `true`: approving reviews count, and `gh` fetches them
# RESULTS      a folder for the results; beside those of check.sh the evidence
# ARGUMENTS, COUNTERSIGN, REMOTE, TOKEN as in the scripts
set -euo pipefail
here=$(cd "$(dirname "$0")/../scripts" && pwd)
# shellcheck source-path=SCRIPTDIR/../scripts source=repository.sh
. "$here/repository.sh"

fail() {
  echo "::error title=nothing was judged::$1"
  exit 2
}

results=${RESULTS:?a folder for the results}
mkdir -p "$results"
BRANCH=${BRANCH:?}
BRANCH=${BRANCH#refs/heads/}
place=$(mktemp -d "${RUNNER_TEMP:-/tmp}/countersign-judge.XXXXXX")
tree=$place/repository
repository "$tree"

case "${EVENT:?}" in
  pull_request_target)
    # The branch as it is now, and not as it was when the event came: a job that is run again judges against what is there.
    bring "$tree" "+refs/heads/$BRANCH:refs/remotes/origin/$BRANCH" "+refs/pull/${NUMBER:?}/head:refs/countersign/head"
    base=$(git -C "$tree" rev-parse --verify "refs/remotes/origin/$BRANCH^{commit}")
    head=${HEAD_SHA:?}
    git -C "$tree" cat-file -e "$head^{commit}" 2>/dev/null || bring "$tree" "$head" ||
      fail "commit $head of the pull request is not to be had; it was replaced"
    ;;
  merge_group)
    base=${QUEUE_BASE:?}
    bring "$tree" "+refs/heads/$BRANCH:refs/remotes/origin/$BRANCH" "$base" "${HEAD_SHA:?}"
    head=$HEAD_SHA
    # What stands in the queue is the pull request upon its base. Reviews are about the pull request's own commit, so that
    # one is judged as it would merge, if that is what the queue made of it: the same files.
    NUMBER=$(printf '%s' "${QUEUE_REF:-}" | sed -n 's|^.*/pr-\([0-9][0-9]*\)-[0-9a-f]*$|\1|p')
    if [ -n "$NUMBER" ] && bring "$tree" "+refs/pull/$NUMBER/head:refs/countersign/head"; then
      own=$(git -C "$tree" rev-parse --verify 'refs/countersign/head^{commit}')
      merged=$(git -C "$tree" merge-tree --write-tree "$base" "$own" 2>/dev/null || true)
      if [ "$merged" = "$(git -C "$tree" rev-parse "$HEAD_SHA^{tree}")" ]; then
        head=$own
      else
        echo "the queue made something else of pull request $NUMBER than its merge: its commit is judged, without reviews"
      fi
    fi
    ;;
  *) fail "a change is judged on pull_request_target and merge_group, and this is $EVENT" ;;
esac
# The branch may be called anything; the program gets commits alone.
case "$base$head" in *[!0-9a-f]*) fail "$base and $head are not both commits" ;; esac

if [ "${REVIEWS:-true}" = true ] && [ -n "${NUMBER:-}" ]; then
  # Outside of the repository: what a change says of its own review counts for nothing.
  answers=$place/answers
  mkdir "$answers"
  gh api "repos/$GITHUB_REPOSITORY/pulls/$NUMBER" >"$answers/pull.json"
  if [ "$(jq -r .head.sha "$answers/pull.json")" = "$head" ]; then
    gh api --paginate "repos/$GITHUB_REPOSITORY/pulls/$NUMBER/reviews" >"$answers/reviews-pages.json"
    # Who pushed. Of a fork that was deleted nobody knows any more; then no pusher is told from the authors.
    jq -r '[.head.repo.full_name // "", .head.ref] | @tsv' "$answers/pull.json" >"$answers/from"
    IFS=$'\t' read -r fork branch <"$answers/from"
    gh api --method GET --paginate "repos/$fork/activity" -f "ref=refs/heads/$branch" >"$answers/activity-pages.json" 2>/dev/null ||
      echo '[]' >"$answers/activity-pages.json"
    gh api "repos/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID" >"$answers/run.json"
    jq -n --slurpfile p "$answers/pull.json" --slurpfile r "$answers/reviews-pages.json" \
      --slurpfile a "$answers/activity-pages.json" --slurpfile j "$answers/run.json" \
      '{pull_request: $p[0], reviews: ($r | add), activity: ($a | add), run: $j[0]}' >"$place/reviews.json"
    ARGUMENTS=$(printf '%s\n--reviews\n%s' "${ARGUMENTS:-}" "$place/reviews.json")
  else
    echo "pull request $NUMBER has another head by now, whose own job judges it: reviews are left aside here"
  fi
fi

status=0
ARGUMENTS=$(printf '%s\n--require-evidence' "${ARGUMENTS:-}") FOLDER=$tree BASE=$base HEAD=$head RESULTS=$results \
  bash "$here/check.sh" || status=$?
if [ -d "$tree/.git/countersign/evidence" ]; then
  rm -rf "$results/evidence"
  cp -R "$tree/.git/countersign/evidence" "$results/evidence"
fi
rm -rf "$place"
exit "$status"
