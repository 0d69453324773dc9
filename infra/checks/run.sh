#!/bin/sh
# Checks of the stack and of the repository: `run.sh typos` (spelling), `run.sh dependencies` (licences, bans, what is not
# used), `run.sh planted` (the deliberate bugs can be planted), `run.sh template` (lint and policies), `run.sh lambda` (the
# functions' binaries), `run.sh copy` (the open copy of a lake), `run.sh files` (files for people, opened by LibreOffice),
# `run.sh queries` (random questions, also asked of DuckDB), `run.sh api` (the description of the API, and the server beside
# it), `run.sh console` (the console in a browser), `run.sh cost` (what the functions ask of AWS, counted), `run.sh
# scoreboard` (that each of its lines is a test), all by default; several as one argument.
# Says little but what each took when all is well; the longest come first by default, for two run at a time.
set -eu
cd "$(dirname "$0")/../.."
. infra/steps.sh
requirements=infra/checks/requirements.txt
if ! cmp -s "$requirements" .venv/requirements.txt; then
    step python3 -m venv .venv
    step .venv/bin/python -m pip install --quiet --disable-pip-version-check -r "$requirements"
    cp "$requirements" .venv/requirements.txt
fi
export SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=sa-east-1 PYTHONDONTWRITEBYTECODE=1 PATH="$PWD/.venv/bin:$PATH"
checks=${1:-queries console lambda cost api copy files template scoreboard typos dependencies planted}
# All targets, as the tests build them: with other targets cargo would choose other features and build everything twice.
case "$checks" in *lambda*|*copy*|*files*|*queries*|*api*|*console*|*cost*|*scoreboard*) step cargo build --quiet --workspace --all-targets ;; esac
cd infra/checks
# Two at a time, for most of what each takes is waiting or one processor's work. What one says is shown when it has ended.
# shellcheck disable=SC2086  # one word a check
printf '%s\n' $checks | xargs -P 2 -I '{}' sh -euc '
    . ../steps.sh
    said=$(mktemp)
    status=0
    step python -m unittest "test_$1" >"$said" 2>&1 || status=$?
    cat "$said"
    rm -f "$said"
    exit "$status"
' - '{}'
