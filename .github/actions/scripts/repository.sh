#!/usr/bin/env bash
# For other scripts: a repository without a work tree, and how git asks the forge for it. Nothing is ever checked out.
#
# REMOTE  the repository's address; that of the job by default
# TOKEN   the job's token; may be empty

# Makes the repository in folder $1. The token goes to a file that only this job reads, never to an argument or to the
# repository's own configuration.
repository() {
  remote=${REMOTE:-$GITHUB_SERVER_URL/$GITHUB_REPOSITORY}
  secrets=$(mktemp -d "${RUNNER_TEMP:-/tmp}/countersign-git.XXXXXX")
  trap 'rm -rf "$secrets"' EXIT
  (
    umask 077
    : >"$secrets/config"
    if [ -n "${TOKEN:-}" ]; then
      printf '[http "%s/"]\n\textraheader = AUTHORIZATION: basic %s\n' "${GITHUB_SERVER_URL:-https://github.com}" \
        "$(printf 'x-access-token:%s' "$TOKEN" | base64 | tr -d '\n')" >"$secrets/config"
    fi
  )
  # The program passes this variable on to git, and no other that could carry a header.
  export GIT_CONFIG_GLOBAL=$secrets/config GIT_CONFIG_NOSYSTEM=1 GIT_TERMINAL_PROMPT=0
  git init --quiet "$1"
  git -C "$1" config core.hooksPath /dev/null
  git -C "$1" remote add origin "$remote"
}

# Brings refs or commits into folder $1, with their whole history: without it there is no merge base.
bring() {
  at=$1
  shift
  git -C "$at" fetch --quiet --no-tags --no-recurse-submodules --no-write-fetch-head origin "$@"
}
