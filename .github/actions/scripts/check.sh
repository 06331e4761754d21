#!/usr/bin/env bash
# Runs `countersign check` for a person who reads a job: what it says in the log, annotations, the job's summary. Ends with
# the program's own exit status.
#
# COUNTERSIGN   the program; `countersign` by default
# FOLDER        what to judge; `.` by default
# BASE, HEAD    as `--base` and `--head`; may be empty
# ARGUMENTS     further arguments, one a line
# RESULTS       a folder for check.json, countersign.sarif, summary.md; made when it is missing
# SARIF, JSON, JUNIT, MARKDOWN  further places to write to; may be empty
set -euo pipefail

results=${RESULTS:?a folder for the results}
mkdir -p "$results"
# What an earlier run left says nothing of this one.
rm -f "$results"/{status,annotations.txt,summary.md,countersign.sarif,check.json}

arguments=(check "${FOLDER:-.}")
if [ -n "${BASE:-}" ]; then arguments+=(--base "$BASE"); fi
if [ -n "${HEAD:-}" ]; then arguments+=(--head "$HEAD"); fi
while IFS= read -r line; do
  line=${line%$'\r'}
  if [ -n "$line" ]; then arguments+=("$line"); fi
done <<<"${ARGUMENTS:-}"
arguments+=(
  --output human
  --output "github=$results/annotations.txt"
  --output "markdown=$results/summary.md"
  --output "sarif=$results/countersign.sarif"
  --output "json=$results/check.json"
)
if [ -n "${JUNIT:-}" ]; then arguments+=(--output "junit=$JUNIT"); fi

# Names of a change stand in what is printed, and a line that begins with `::` would be a command to the runner.
resume=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
echo "::stop-commands::$resume"
status=0
"${COUNTERSIGN:-countersign}" "${arguments[@]}" || status=$?
echo "::$resume::"

if [ -f "$results/annotations.txt" ]; then cat "$results/annotations.txt"; fi
if [ -f "$results/summary.md" ]; then
  cat "$results/summary.md" >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
else
  printf '## Countersign could not judge\n\nIt ended with status %s. The log of this job says why.\n' "$status" |
    tee "$results/summary.md" >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
fi
copy() { if [ -n "$2" ] && [ -f "$results/$1" ]; then cp "$results/$1" "$2"; fi; }
copy countersign.sarif "${SARIF:-}"
copy check.json "${JSON:-}"
copy summary.md "${MARKDOWN:-}"

echo "$status" >"$results/status"
echo "status=$status" >>"${GITHUB_OUTPUT:-/dev/null}"
exit "$status"
