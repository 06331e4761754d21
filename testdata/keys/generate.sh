#!/usr/bin/env bash
# Makes the cases anew, with new keys: needs ssh-keygen, openssl 3 and Python 3. Their table is in generate.py.
set -euo pipefail
cd "$(dirname "$0")"
exec python3 generate.py
