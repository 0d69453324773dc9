#!/bin/sh
# Installs what Rust does not bring along: `setup.sh run` for what building and running takes, `setup.sh tests` for
# what the tests take on top. Debian and Ubuntu; elsewhere install the packages named here by other means.
set -eu
need="gcc:build-essential curl:curl"
[ "${1:-run}" = tests ] && need="$need node:nodejs npm:npm chromium:chromium python3:python3 openssl:openssl java:default-jre-headless faketime:faketime soffice:libreoffice-calc-nogui"
missing=""
for pair in $need; do
    command -v "${pair%%:*}" >/dev/null || missing="$missing ${pair#*:}"
done
if [ "${1:-run}" = tests ] && ! python3 -c 'import ensurepip' 2>/dev/null; then
    missing="$missing python3-venv"
fi
if [ -n "$missing" ]; then
    root=""
    [ "$(id -u)" = 0 ] || root=sudo
    $root apt-get update -qq
    # shellcheck disable=SC2086  # one word a package
    $root apt-get install -y -qq --no-install-recommends ca-certificates $missing
fi
