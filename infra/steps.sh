# shellcheck shell=sh
# Sourced by the gate and by its checks: `step COMMAND ...` runs a command, and when the script ends, whether well or not, it
# prints what each step took. A script that is itself a step leaves its times to the one that runs it.
if [ -z "${STEP_TIMES:-}" ]; then
    STEP_TIMES=$(mktemp)
    export STEP_TIMES
    trap 'printf "\n%7s  step\n" seconds; cat "$STEP_TIMES"; rm -f "$STEP_TIMES"' EXIT
    # Else the shell ends at a signal without running what is set for its end.
    trap 'exit 130' INT
    trap 'exit 143' TERM
fi

step() {
    printf '\n== %s\n' "$*"
    step_began=$(date +%s)
    step_status=0
    "$@" || step_status=$?
    step_note=''
    [ "$step_status" = 0 ] || step_note=' (failed)'
    printf '%7s  %s%s\n' "$(($(date +%s) - step_began))" "$*" "$step_note" >>"$STEP_TIMES"
    return "$step_status"
}
