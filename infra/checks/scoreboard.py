"""The scoreboard: how much was tried against the stack, and what was lost, doubled, failed, opened or left.

Each line is a test that also runs in the gate with a small count. Here it runs with the count that the line promises, or with a
`--share` of it; a test that fails says what was wrong. `scoreboard.py orders forged` runs these lines alone.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Line:
    """One line: a test by its package's target and its name, and how its size is set."""

    name: str
    promise: str
    target: str
    test: str
    # The variable that sets the size, what it says for a share of 1, and how a number of it is written.
    variable: str = ""
    whole: int = 0
    written: str = "{}"
    # What is counted, as the names of the test's JSON, and for each the goal at a share of 1.
    goals: dict[str, int] = field(default_factory=dict)
    # What may not be passed, whatever the share.
    limits: dict[str, int] = field(default_factory=dict)

    def settings(self, share):
        """The environment of a run."""
        if not self.variable:
            return {}
        return {self.variable: self.written.format(max(1, round(self.whole * share)))}


LINES = (
    Line(
        "faults", "nothing acknowledged is lost or doubled while a fifth of all calls fail", "e2e",
        "simulation::whatever_fails", "PREMIUM_SIMULATION", 201, "{}x5000",
        {"acknowledged": 1_000_000, "faults": 100_000},
    ),
    Line(
        "kills", "nothing acknowledged is lost when the process is killed", "kill",
        "killed_again", "PREMIUM_KILLS", 1_000, goals={"kills": 1_000},
    ),
    Line(
        "orders", "the last document of a session stays, in whatever order they come", "e2e",
        "versions::in_every_order", "PREMIUM_ORDERS", 10_000, goals={"orders": 10_000},
    ),
    Line(
        "documents", "an odd value costs neither its session nor a neighbour", "e2e",
        "odd_values::no_odd_value", "PREMIUM_ODD_DOCUMENTS", 100_000, goals={"odd_documents": 100_000},
    ),
    Line(
        "inputs", "no 5xx, no hang, bounded memory, no secret in the log", "attack",
        "bad_inputs::no_input", "PREMIUM_BAD_INPUTS", 1_000_000, goals={"bad_inputs": 1_000_000},
        limits={"slowest_ms": 1_000},
    ),
    Line(
        "forged", "no forged, foreign or revoked credential opens anything", "attack",
        "forged::no_forged", "PREMIUM_FORGED", 10_000, goals={"forged": 10_000}, limits={"opened": 0},
    ),
    Line(
        "erased", "nothing of an erased person is found in the table, the lake and the bodies, decrypted", "e2e",
        "erasure::a_person_leaves", goals={"searched_bytes": 1},
    ),
)  # fmt: skip


def command(line, *arguments):
    """The call of cargo that runs a line's test."""
    return ["cargo", "test", "--quiet", "--workspace", "--test", line.target, "--", line.test, *arguments]


def counted(output):
    """The sums of all numbers in the lines of JSON that a test printed; of what has a limit the most counts."""
    sums = {}
    for text in output.splitlines():
        if not text.startswith("{"):
            continue
        for name, value in json.loads(text).items():
            if isinstance(value, int):
                largest = name.endswith(("_ms", "_mib"))
                sums[name] = max(sums.get(name, 0), value) if largest else sums.get(name, 0) + value
    return sums


def judged(line, share, passed, sums):
    """What a line of the table says came out: ok, or what is wrong."""
    wrong = [] if passed else ["the test failed"]
    for name, goal in line.goals.items():
        # A test counts in whole rounds, so a share may come out a little smaller.
        if sums.get(name, 0) < max(1, goal * share * 0.98):
            wrong.append(f"{sums.get(name, 0):,} {name} of {goal * share:,.0f}")
    for name, most in line.limits.items():
        if sums.get(name, most + 1) > most:
            wrong.append(f"{name} {sums.get(name, 'is not told')}, at most {most}")
    return "; ".join(wrong) or "ok"


def run(line, share):
    """Runs a line; returns its row and whether all is well."""
    began = time.monotonic()
    done = subprocess.run(
        command(line, "--nocapture"),
        cwd=ROOT,
        env={**os.environ, "RUST_BACKTRACE": "0", **line.settings(share)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    seconds = time.monotonic() - began
    sums = counted(done.stdout)
    says = judged(line, share, done.returncode == 0, sums)
    if done.returncode != 0:
        print(done.stdout[-4_000:], file=sys.stderr)
    shown = [name for name in sums if name in {*line.goals, *line.limits, "peak_mib", "erased_sessions", "seed"}]
    counts = ", ".join(f"{sums[name]:,} {name}" for name in shown if name != "seed" or line.target == "attack")
    first = next(iter(line.goals))
    return f"| {line.name} | {line.promise} | {counts} | {seconds:,.0f} | {sums.get(first, 0) / seconds:,.1f} | {says} |", says == "ok"


def machine():
    """The machine, and what was run on it."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 30
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return f"{os.cpu_count()} cores {platform.machine()}, {memory} GiB, debug builds, commit {commit.stdout.strip()}"


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("lines", nargs="*", metavar="LINE", help="the lines to run; all by default")
    options.add_argument("--share", type=float, default=1.0, help="which part of the promised counts is tried")
    given = options.parse_args()
    names = [line.name for line in LINES]
    for name in given.lines:
        if name not in names:
            options.error(f"{name} is no line; the lines are {', '.join(names)}")
    chosen = [line for line in LINES if not given.lines or line.name in given.lines]
    targets = [part for target in ("e2e", "kill", "attack") for part in ("--test", target)]
    subprocess.run(["cargo", "build", "--quiet", "--workspace", "--bins", *targets], cwd=ROOT, check=True)
    print(f"{time.strftime('%Y-%m-%d')}, {machine()}, a share of {given.share:g}\n")
    print("| line | promise | counted | seconds | a second | result |\n| --- | --- | --- | --- | --- | --- |", flush=True)
    all_well = True
    for line in chosen:
        row, is_well = run(line, given.share)
        all_well &= is_well
        print(row, flush=True)
    sys.exit(not all_well)


if __name__ == "__main__":
    main()
