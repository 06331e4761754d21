#!/usr/bin/env bash
# Packs a release: the program that a wheel holds, as an archive, so that both have the same bytes; beside it manual pages
# and what shells need to complete its commands. install.sh reads what this writes.
#
# WHEEL    the wheel that was built for TARGET
# TARGET   such as x86_64-unknown-linux-musl
# VERSION  the release, without `v`
# OUT      the folder for the archive
set -euo pipefail

out=$(mkdir -p "${OUT:?}" && cd "$OUT" && pwd)
wheel=$(cd "$(dirname "${WHEEL:?}")" && pwd)/$(basename "$WHEEL")
case "${TARGET:?}" in *windows*) name=countersign.exe ;; *) name=countersign ;; esac
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
unzip -q -j "$wheel" "*.data/scripts/$name"
chmod 755 "$name"
case "$TARGET" in
  *-linux-musl)
    # It runs on any Linux: nothing of the system is loaded.
    if ldd "$name" 2>&1 | grep -q '=>'; then
      echo "::error title=not released::$name is not linked statically"
      exit 1
    fi
    ;;
esac
"./$name" man man/man1
mkdir completions
for shell in bash zsh fish powershell elvish; do
  "./$name" completions "$shell" >"completions/countersign.$shell"
done
tar -czf "$out/countersign-${VERSION:?}-$TARGET.tar.gz" "$name" man completions
