#!/usr/bin/env bash
# What a day needs that had no change: catches up with commits that nobody recorded, verifies the evidence, judges the tip
# as of now (what ended, who left), holds exports against what is declared, and keeps what the forge says of its own rules.
# Nothing is stopped by it: each part says what it came to, and the job passes. The day itself is attached to the evidence.
#
# BRANCH       the protected branch
# STORE        where the evidence is
# RUN_BY       who runs this, `service:ID`
# PEOPLE       a file of employment facts; may be empty. Nothing of it is written anywhere
# OBSERVED     exports, one a line: `KIND[=SYSTEM] FILE`; may be empty
# FORGE_TOKEN  a token that may read the rules of the repository and who passed by them; the job's own where it is empty
# RESULTS      a folder for the results
# KEY, KEY_COMMAND, PUBLIC_KEY, ROLE, REMOTE, TOKEN, COUNTERSIGN as in the scripts
set -euo pipefail
here=$(cd "$(dirname "$0")/../scripts" && pwd)
# shellcheck source-path=SCRIPTDIR/../scripts source=repository.sh
. "$here/repository.sh"

results=${RESULTS:?a folder for the results}
mkdir -p "$results"
place=$(mktemp -d "${RUNNER_TEMP:-/tmp}/countersign-nightly.XXXXXX")
tree=$place/repository
program=${COUNTERSIGN:-countersign}
repository "$tree"
# shellcheck source-path=SCRIPTDIR/../scripts source=key.sh
. "$here/key.sh"
signing_key
identity
bring "$tree" "+refs/heads/${BRANCH:?}:refs/remotes/origin/$BRANCH"
tip=$(git -C "$tree" rev-parse "refs/remotes/origin/$BRANCH^{commit}")
# The protected branch's own files, for the lists of records. Nothing of them runs.
git -C "$tree" checkout --quiet --detach "$tip"

now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
quarter=$(date -u +%Y)Q$((($(date -u +%-m) + 2) / 3))
day=$results/nightly.md
# shellcheck disable=SC2016 # markdown's backticks
printf '# Night of %s\n\nThe tip of `%s` is %s.\n\n| part | came to |\n|---|---|\n' "${now%%T*}" "$BRANCH" "$tip" >"$day"

# Runs $2… as part $1: what it prints goes to a file, how it ends into the table.
part() {
  name=$1
  shift
  status=0
  "$@" >"$results/$name.txt" 2>&1 || status=$?
  echo "::group::$name: status $status"
  sed 's/^::/: :/' "$results/$name.txt"
  echo "::endgroup::"
}
row() { printf '| %s | %s |\n' "$1" "$2" >>"$day"; }
signs=${signed_with[0]+yes}

# 1. The log.
if [ -n "$signs" ]; then
  part record "$program" record "$tip" --path "$tree" --store "${STORE:?}" "${signed_with[@]}"
  row 'landings that nobody recorded' "$([ "$status" = 0 ] && echo 'caught up with, or there are none' || echo "failed, status $status")"
fi
part verify "$program" evidence verify --all --path "$tree" --store "${STORE:?}"
row 'evidence' "$([ "$status" = 0 ] && echo 'verifies' || echo "does not verify, status $status")"

# 2. The tip as of now. Compared with itself it brings nothing, so that what is told is there by the passing of time.
people=()
if [ -n "${PEOPLE:-}" ]; then people=(--people "$PEOPLE"); fi
part check "$program" check "$tree" --base "$tip" --head "$tip" --no-record --show existing ${people[@]+"${people[@]}"} \
  --output human --output "json=$results/check.json" --output "sarif=$results/countersign.sarif"
if [ -f "$results/check.json" ]; then
  # As the human output counts them: what a wider duty speaks for is told with that one.
  row 'findings' "$(jq -r '
    [.findings[] | select(.state != "resolved" and .under == null)] as $there |
    def of(severity): [$there[] | select(.severity == severity)] | length;
    "\($there | length): \(of("critical")) critical, \(of("high")) high, \(of("medium")) medium, \(of("low")) low; " +
    "\(.summary.state.lapsed) let pass by a record that ended, \(.summary.state.escaped) past the gate"
  ' "$results/check.json")"
  if [ -n "${PEOPLE:-}" ]; then
    row 'leavers and movers' "$(jq -r '
      [.findings[] | select(.policy | startswith("CS-LEAVER-")) | select(.state != "resolved")] | "\(length) findings"
    ' "$results/check.json")"
  else
    row 'leavers and movers' 'not looked for: no employment facts were given'
  fi
else
  row 'findings' "not judged, status $status"
fi
for kinds in approvals exceptions emergencies; do
  kind=${kinds/%ies/ys}
  part "$kinds" "$program" "${kind%s}" list --path "$tree" --format json
  soon=$(date -u -d '+30 days' +%Y-%m-%d 2>/dev/null || date -u -v+30d +%Y-%m-%d)
  row "$kinds" "$(jq -r --arg soon "$soon" '
    [.records[] | select(.until != null and .until <= $soon)] as $ending |
    "\(.records | length), of which \($ending | length) end by \($soon) or have ended"
  ' "$results/$kinds.txt" 2>/dev/null || echo "not read, status $status")"
done

# 3. What is declared against what is there.
exports=0
while IFS=' ' read -r kind file; do
  if [ -z "$kind" ]; then continue; fi
  exports=$((exports + 1))
  drift=("$program" drift --path "$tree" --head "$tip" --observed "$file" --as "$kind")
  if [ -n "$signs" ]; then drift+=(--store "$STORE" --run-by "${RUN_BY:?}" "${signed_with[@]}"); fi
  part "drift-$exports" "${drift[@]}"
  case $status in
    0) said='both sides agree' ;;
    1) said='something is on one side alone' ;;
    3) said='no system is on both sides' ;;
    4) said='both agree, but the export may be incomplete' ;;
    *) said="failed, status $status" ;;
  esac
  row "drift of ${kind}" "$said"
done <<<"${OBSERVED:-}"
if [ "$exports" = 0 ]; then row 'drift' 'not looked for: no export was given'; fi

# 4. What the forge says: its rules, who passed by them, every push.
attach() { # $1 file, $2 query, $3 rows, $4… further options
  if [ -z "$signs" ]; then return; fi
  part "attach-$(basename "$1" | tr . -)" "$program" evidence attach "$1" --source "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY" --query "$2" \
    --run-by "${RUN_BY:?}" --run-at "$now" --rows "$3" --keep --path "$tree" --store "$STORE" "${signed_with[@]}" "${@:4}"
  if [ "$status" != 0 ]; then row "attach $(basename "$1")" "failed, status $status"; fi
}
audits=()
for what in activity rulesets rulesets/rule-suites; do
  file=$results/$(echo "$what" | tr / -).json
  if GH_TOKEN=${FORGE_TOKEN:-${TOKEN:-}} gh api --paginate "repos/$GITHUB_REPOSITORY/$what" >"$file" 2>"$place/why"; then
    rows=$(jq -s 'map(length) | add // 0' "$file")
    row "$what" "$rows"
    attach "$file" "GET /repos/$GITHUB_REPOSITORY/$what" "$rows"
    if [ "$what" != rulesets ]; then audits+=(--forge-audit "$file"); fi
  else
    rm -f "$file"
    row "$what" 'not read: the token may not'
    tail -n 1 "$place/why"
  fi
done
part population "$program" population verify --period "$quarter" --branch "$tip" --path "$tree" --store "$STORE" ${audits[@]+"${audits[@]}"}
case $status in
  0) row "what landed in $quarter" 'complete' ;;
  1) row "what landed in $quarter" 'something was not evaluated, or history was replaced' ;;
  *) row "what landed in $quarter" "not told, status $status" ;;
esac

# 5. That this day was looked at is evidence too: a day without it is one of which nothing is known.
printf '\nDone by run %s of %s.\n' "${GITHUB_RUN_ID:-?}" "$GITHUB_REPOSITORY" >>"$day"
attach "$day" 'nightly: record, evidence verify, check, drift, population verify' "$(grep -c '^| ' "$day")" --purpose night
cat "$day" >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
rm -rf "$place"
