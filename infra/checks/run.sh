#!/bin/sh
# Checks of the stack and of the repository: `run.sh typos` (spelling), `run.sh dependencies` (licences, bans, what is not
# used), `run.sh template` (lint and policies), `run.sh lambda` (the functions' binaries), `run.sh copy` (the open copy of a
# lake), `run.sh files` (files for people, opened by LibreOffice), `run.sh queries` (random questions, also asked of DuckDB),
# `run.sh api` (the description of the API, and the server beside it), `run.sh console` (the console in a browser), `run.sh
# cost` (what the functions ask of AWS, counted), all by default; several as one argument.
# Says little but what each took when all is well.
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
checks=${1:-typos dependencies template lambda copy files queries api console cost}
# All targets, as the tests build them: with other targets cargo would choose other features and build everything twice.
case "$checks" in *lambda*|*copy*|*files*|*queries*|*api*|*console*|*cost*) step cargo build --quiet --workspace --all-targets ;; esac
cd infra/checks
for check in $checks; do
    step python -m unittest "test_$check"
done
