#!/usr/bin/env bash
# Installs the released program of one version: downloads its archive, holds it against the digest that was pinned, or else
# against the release's list and its provenance, and puts it on PATH. It never compiles.
#
# VERSION     the release, without `v`
# SHA256      the digest of the archive, as the workflow pins it; may be empty
# PROVENANCE  `required`, `available` (verified where `gh` can) or `off`
# RELEASES    where releases are; another place is a mirror, whose files are held against SHA256 or the list alone
# PROGRAM     a program that is there already; then nothing is downloaded
set -euo pipefail

repository=countersign-dev/countersign
releases=${RELEASES:-https://github.com/$repository/releases/download}
temp=${RUNNER_TEMP:-${TMPDIR:-/tmp}}
if command -v cygpath >/dev/null; then temp=$(cygpath -u "$temp"); fi

fail() {
  echo "::error title=countersign is not installed::$1"
  exit 2
}

tell() { # where the program is, to this job
  folder=$(dirname "$1")
  if command -v cygpath >/dev/null; then folder=$(cygpath -w "$folder"); fi
  echo "$folder" >>"${GITHUB_PATH:-/dev/null}"
  echo "program=$1" >>"${GITHUB_OUTPUT:-/dev/null}"
  "$1" --version
}

if [ -n "${PROGRAM:-}" ]; then
  [ -x "$PROGRAM" ] || fail "$PROGRAM cannot be run"
  tell "$PROGRAM"
  exit
fi

case "${VERSION:-}" in
  '' | *[!0-9A-Za-z.+-]*) fail "'${VERSION:-}' is no version: give one such as 0.1.0" ;;
esac
case "${SHA256:-}" in
  *[!0-9a-f]*) fail "sha256 is not 64 digits of 0-9 and a-f" ;;
  '') ;;
  *) [ "${#SHA256}" = 64 ] || fail "sha256 is not 64 digits of 0-9 and a-f" ;;
esac

name=countersign
case "$(uname -s)" in
  Linux) system=unknown-linux-musl ;;
  Darwin) system=apple-darwin ;;
  MINGW* | MSYS* | CYGWIN*) system=pc-windows-msvc name=countersign.exe ;;
  *) fail "there is no release for $(uname -s): build it with cargo, and give its place as 'program'" ;;
esac
case "$(uname -m)" in
  x86_64 | amd64) machine=x86_64 ;;
  arm64 | aarch64) machine=aarch64 ;;
  *) fail "there is no release for $(uname -m): build it with cargo, and give its place as 'program'" ;;
esac
# Windows on ARM runs programs of x86_64.
if [ "$system" = pc-windows-msvc ]; then machine=x86_64; fi
archive=countersign-$VERSION-$machine-$system.tar.gz

folder=$temp/countersign-$VERSION
rm -rf "$folder"
mkdir -p "$folder"
cd "$folder"

download() {
  curl --fail --silent --show-error --location --retry 3 --proto '=https,file' --proto-redir '=https' \
    --output "$1" "$releases/v$VERSION/$1" || fail "$releases/v$VERSION/$1 cannot be downloaded"
}

digest() {
  # From standard input: of a name with a backslash, as Windows has them, the line would begin with one.
  if command -v sha256sum >/dev/null; then sha256sum <"$1"; else shasum -a 256 <"$1"; fi | cut -c1-64
}

download "$archive"
found=$(digest "$archive")
if [ -n "${SHA256:-}" ]; then
  expected=$SHA256
else
  download SHA256SUMS
  expected=$(awk -v name="$archive" '$2 == name || $2 == "*" name { print $1 }' SHA256SUMS)
  [ -n "$expected" ] || fail "the release's SHA256SUMS does not name $archive"
fi
[ "$found" = "$expected" ] || fail "$archive has the digest $found, and $expected is expected"

# A list beside an archive is as good as whoever put both there. Provenance says which workflow built it, from which tag.
case "${PROVENANCE:-available}" in
  off) ;;
  required | available)
    if [ "$releases" = "https://github.com/$repository/releases/download" ] && command -v gh >/dev/null &&
      gh attestation verify --help >/dev/null 2>&1; then
      gh attestation verify "$archive" --repo "$repository" --source-ref "refs/tags/v$VERSION" \
        --signer-workflow "$repository/.github/workflows/release.yml" || fail "$archive has no provenance of our release workflow"
    elif [ "${PROVENANCE:-available}" = required ]; then
      fail "the provenance of $archive cannot be verified here: gh is missing or too old, or it is a mirror's"
    elif [ -z "${SHA256:-}" ]; then
      echo "::notice title=countersign::$archive is held against the release's own list alone; pin its sha256"
    fi
    ;;
  *) fail "provenance is 'required', 'available' or 'off'" ;;
esac

tar -xzf "$archive"
[ -f "$name" ] || fail "$archive does not hold $name"
chmod +x "$name"
tell "$folder/$name"
