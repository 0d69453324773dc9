#!/bin/sh
# Every test there is; what fails cheaply comes first. Any warning fails. At the end it prints what each step took.
set -eu
cd "$(dirname "$0")/.."
. infra/steps.sh
step cargo fmt --all --check
step infra/checks/run.sh 'typos dependencies planted'
step cargo clippy --quiet --workspace --all-targets -- -D warnings
# The command line without the stack.
step cargo clippy --quiet --package premium --no-default-features -- -D warnings
step env RUSTDOCFLAGS='-D warnings' cargo doc --quiet --workspace --no-deps
# Amazon's DynamoDB Local, which tests of the next step start; once for each version.
(
    cd infra/checks/dynamodb-local
    if ! cmp -s package-lock.json node_modules/installed; then
        step npm ci --silent --ignore-scripts
        cp package-lock.json node_modules/installed
    fi
)
step cargo test --quiet --workspace
(cd connector && step npm ci --silent && step npm run --silent types && step npm test --silent)
step infra/checks/run.sh 'queries console lambda cost api copy files template scoreboard'
