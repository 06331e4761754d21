#!/usr/bin/env bash
# Records what landed: evaluates it again from git, signs, and puts it into the log together with what the judge kept of the
# same change. Commits of an earlier push that nobody recorded are caught up with.
#
# BRANCH     the protected branch
# COMMIT     what landed
# STORE      where the evidence is
# ANCHORS    where checkpoints are kept, one a line; may be empty
# JUDGES     the workflow file whose jobs judge, such as .github/workflows/countersign.yml; empty: nothing is taken over
# ARGUMENTS  further arguments of `countersign record`, one a line
# KEY, KEY_COMMAND, PUBLIC_KEY, ROLE, REMOTE, TOKEN, COUNTERSIGN as in the scripts
set -euo pipefail
here=$(cd "$(dirname "$0")/../scripts" && pwd)
# shellcheck source-path=SCRIPTDIR/../scripts source=repository.sh
. "$here/repository.sh"

place=$(mktemp -d "${RUNNER_TEMP:-/tmp}/countersign-record.XXXXXX")
tree=$place/repository
repository "$tree"
# shellcheck source-path=SCRIPTDIR/../scripts source=key.sh
. "$here/key.sh"
signing_key
identity
if [ "${#signed_with[@]}" = 0 ]; then
  echo "::error title=nothing was recorded::no key is given: neither the secret nor a command that signs"
  exit 2
fi

bring "$tree" "+refs/heads/${BRANCH:?}:refs/remotes/origin/$BRANCH"
commit=$(git -C "$tree" rev-parse --verify "${COMMIT:?}^{commit}")
if ! git -C "$tree" merge-base --is-ancestor "$commit" "refs/remotes/origin/$BRANCH"; then
  echo "::error title=nothing was recorded::$commit is not on $BRANCH any more"
  exit 2
fi

# What the judge kept of commit $1. Anybody's workflow may give an artifact that name: what counts is which workflow, on
# which event, left it. It is unsigned all the same, and recorded as that.
take_over() {
  gh api --method GET "repos/$GITHUB_REPOSITORY/actions/artifacts" -f "name=countersign-judged-$1" \
    --jq '.artifacts[] | select(.expired | not) | [.id, .workflow_run.id] | @tsv' >"$place/artifacts" || return 0
  while IFS=$'\t' read -r artifact run; do
    came=$(gh api "repos/$GITHUB_REPOSITORY/actions/runs/$run" --jq '[.event, (.path | sub("@.*"; ""))] | @tsv')
    case $came in
      "pull_request_target"$'\t'"$JUDGES" | "merge_group"$'\t'"$JUDGES") ;;
      *)
        echo "::warning title=countersign::artifact $artifact is named like the judge's and is not: $came"
        continue
        ;;
    esac
    gh api "repos/$GITHUB_REPOSITORY/actions/artifacts/$artifact/zip" >"$place/judged.zip"
    rm -rf "$place/judged"
    unzip -q "$place/judged.zip" -d "$place/judged"
    find "$place/judged" -type l -delete
    if [ -d "$place/judged/evidence" ]; then
      mkdir -p "$tree/.git/countersign"
      cp -R "$place/judged/evidence" "$tree/.git/countersign/"
      echo "the judge's evidence of $1 comes from run $run"
    fi
  done <"$place/artifacts"
}

if [ -n "${JUDGES:-}" ]; then
  take_over "$commit" # a merge queue judges the very commit that lands
  gh api "repos/$GITHUB_REPOSITORY/commits/$commit/pulls" --jq '.[].head.sha' >"$place/heads" || : >"$place/heads"
  while IFS= read -r head; do take_over "$head"; done <"$place/heads"
fi

arguments=(record "$commit" --path "$tree" --store "${STORE:?}" "${signed_with[@]}")
while IFS= read -r line; do if [ -n "$line" ]; then arguments+=(--anchor "$line"); fi; done <<<"${ANCHORS:-}"
while IFS= read -r line; do if [ -n "$line" ]; then arguments+=("$line"); fi; done <<<"${ARGUMENTS:-}"
status=0
"${COUNTERSIGN:-countersign}" "${arguments[@]}" | tee "$place/said" || status=$?
{
  echo '## Recorded'
  # Indented, which no text can end.
  echo
  sed 's/^/    /' "$place/said"
} >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
rm -rf "$place"
exit "$status"
