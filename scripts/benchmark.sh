#!/bin/sh
# Measures narrate against its anchors: a table on stdout, or --json, or --markdown; --quick for a look.
# It measures the narrate and the python that are first on PATH.
set -eu
fail() { echo "error: $1 on PATH: run \`make bench\`, or put .venv/bin on PATH" >&2; exit 2; }
command -v narrate >/dev/null || fail "narrate is not"
python=$(command -v python || command -v python3) || fail "python is not"
"$python" -c 'import narrate' 2>/dev/null || fail "a python with narrate installed is not"
exec "$python" "$(dirname "$0")/benchmark.py" "$@"
