#!/usr/bin/env bash
# For other scripts: the key that signs evidence, and who this job is for a cloud. Source it after repository.sh, whose
# folder of secrets it uses and which is removed at the end.
#
# KEY          a private key in PEM or of SSH, from a secret of an environment; or empty
# KEY_COMMAND  a command that signs its standard input, so that no key is ever here; or empty
# PUBLIC_KEY   the public half of the key behind the command, in PEM
# ROLE         a role of AWS that the job takes on by its own identity (OIDC), for the command and for a bucket; or empty

secrets=${secrets:?source repository.sh and make a repository first}

# Sets `signed_with`, the arguments that name the key.
# shellcheck disable=SC2034 # whoever sources this uses it
signing_key() {
  signed_with=()
  if [ -n "${KEY_COMMAND:-}" ]; then
    printf '%s\n' "${PUBLIC_KEY:?a key behind a command needs its public half}" >"$secrets/public.pem"
    signed_with=(--key "exec:$KEY_COMMAND" --public-key "$secrets/public.pem")
  elif [ -n "${KEY:-}" ]; then
    (umask 077 && printf '%s\n' "$KEY" >"$secrets/key")
    signed_with=(--key "$secrets/key")
  fi
  # Whatever runs from here on finds it in no variable.
  unset KEY
}

# Takes on the role. The program and Amazon's own tools read these variables.
identity() {
  if [ -z "${ROLE:-}" ]; then return; fi
  (
    umask 077
    printf 'header = "Authorization: bearer %s"\n' "${ACTIONS_ID_TOKEN_REQUEST_TOKEN:?the job needs the permission id-token: write}" |
      curl --fail --silent --show-error --config - "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=sts.amazonaws.com" |
      jq -er .value >"$secrets/identity"
  )
  export AWS_ROLE_ARN=$ROLE AWS_WEB_IDENTITY_TOKEN_FILE=$secrets/identity AWS_ROLE_SESSION_NAME=countersign-${GITHUB_RUN_ID:-0}
}
