"""Deliberate bugs: would the tests notice? `planted.py [--check] [--jobs N] [--limit SECONDS] [NAME...]`.

The bugs stand in planted.toml. All of them are planted at once in a worktree of HEAD, each behind a condition on the
environment variable PLANTED, so that everything is built once. Then each bug's test runs without a bug, and has to pass,
and with it, and has to fail. Prints a table as Markdown; ends with an error where a bug is not caught. `--check` builds
nothing: it tells whether the bugs can be planted and their tests are there.
"""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TABLE = Path(__file__).with_name("planted.toml")
MEMBERS = {"name", "file", "old", "new", "test", "costs"}
FEWEST = 25
# The version of the packages with bugs. Cargo tells artefacts apart by it: without it, what is built of the worktree would
# pass for what is built here.
VERSION = ('version = "0.1.0"', 'version = "0.1.0-planted"')

# Where a module within a file begins and ends, and the tests in it.
LANDMARKS = re.compile(
    r"^mod (?P<opens>\w+) \{$|^\}$|#\[(?:tokio::)?test\b[^\n]*\]\s+(?:#\[[^\n]*\]\s+)*(?:async )?fn (?P<test>\w+)",
    re.MULTILINE,
)


def bugs():
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))["bug"]


def planted(source, of_file):
    """A file's text with its bugs in it; a sentence for each that cannot be planted comes second."""
    places, faults = [], []
    for bug in of_file:
        count = source.count(bug["old"])
        if count == 1:
            begin = source.index(bug["old"])
            places.append((begin, begin + len(bug["old"]), bug))
        else:
            faults.append(f"{bug['name']}: its text stands {count} times in {bug['file']}, not once")
    places.sort(key=lambda place: place[:2])
    faults += [
        f"{bug['name']} and {before['name']} change the same text"
        for (_, end, before), (begin, _, bug) in zip(places, places[1:])
        if begin < end
    ]
    for begin, end, bug in reversed(places if not faults else []):
        condition = f'matches!(std::env::var("PLANTED").as_deref(), Ok("{bug["name"]}"))'
        source = source[:begin] + bug["new"].replace("{planted}", condition) + source[end:]
    return source, faults


def plant(root, table):
    """Plants bugs in a tree, or only says what is in the way if `root` is None."""
    faults = []
    for file in sorted({bug["file"] for bug in table}):
        path = (root or ROOT) / file
        if not path.is_file():
            faults.append(f"{file} is not there")
            continue
        text, more = planted(path.read_text(encoding="utf-8"), [bug for bug in table if bug["file"] == file])
        faults += more
        if root and not faults:
            path.write_text(text, encoding="utf-8")
    return faults


@cache
def targets():
    """The file in which each test target begins, by the name that the table has for it."""
    command = ["cargo", "metadata", "--no-deps", "--format-version", "1"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    all_of = [target for package in json.loads(said)["packages"] for target in package["targets"]]
    return {target_name(target): Path(target["src_path"]) for target in all_of if set(target["kind"]) & {"lib", "test"}}


def target_name(target):
    return target["name"] if "test" in target["kind"] else f"lib:{target['name']}"


@cache
def tests_of(begins):
    """The paths of the tests of a target that begins in this file, as far as the sources tell."""
    folder, alone = begins.parent, begins.name not in ("lib.rs", "main.rs")
    tests = []
    for path in [begins] if alone else sorted(folder.rglob("*.rs")):
        module = [] if path == begins else [*path.relative_to(folder).with_suffix("").parts]
        source, inside = path.read_text(encoding="utf-8"), []
        for found in LANDMARKS.finditer(source):
            if found["test"]:
                tests.append("::".join([*module, *inside, found["test"]]))
            else:
                inside = [found["opens"]] if found["opens"] else []
        for names in re.findall(r"^on_both!\(([^)]*)\)", source, re.MULTILINE):
            for name in re.findall(r"\w+", names):
                tests += ["::".join([*module, servers, name]) for servers in ("embedded", "dynamodb_local")]
    return tests


def check(table):
    """What is wrong with a table of bugs, as sentences."""
    faults = [] if len(table) >= FEWEST else [f"there are {len(table)} bugs, and should be {FEWEST}"]
    names = [bug.get("name", "?") for bug in table]
    faults += [f"{name} is there twice" for name in sorted(set(names)) if names.count(name) > 1]
    for bug in table:
        wrong = sorted(MEMBERS - set(bug)) + sorted(set(bug) - MEMBERS - {"hangs"})
        faults += [f"{bug.get('name', '?')}: {member} is missing or unknown" for member in wrong]
    if faults:
        return faults
    faults += [f"{bug['name']}: nothing depends on {{planted}}" for bug in table if "{planted}" not in bug["new"]]
    faults += plant(None, table)
    known = targets()
    for bug in table:
        target, _, filter = bug["test"].partition(" ")
        if target not in known:
            faults.append(f"{bug['name']}: there is no test target {target}")
            continue
        if not filter or not any(filter in test for test in tests_of(known[target])):
            faults.append(f"{bug['name']}: there is no test {filter} in {target}")
    return faults


@contextmanager
def worktree():
    """A worktree of HEAD in a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="planted-"))
    git = ["git", "-C", ROOT, "worktree"]
    try:
        subprocess.run([*git, "add", "--quiet", "--detach", folder / "tree", "HEAD"], check=True)
        yield folder / "tree"
    finally:
        subprocess.run([*git, "remove", "--force", folder / "tree"], check=False)
        shutil.rmtree(folder, ignore_errors=True)


def build(tree):
    """Builds all tests. What is of other packages comes from the project's own builds. Returns cargo's artefacts of the
    packages with bugs."""
    workspace = tree / "Cargo.toml"
    text = workspace.read_text(encoding="utf-8")
    assert text.count(VERSION[0] + "\nedition") == 1, "the version of all packages stands in the workspace"
    workspace.write_text(text.replace(*VERSION, 1), encoding="utf-8")
    shared = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).absolute()
    # Programs that have no name of their own build would take the place of the project's, so they go elsewhere.
    places = {"CARGO_BUILD_BUILD_DIR": str(shared), "CARGO_TARGET_DIR": str(tree / "target")}
    command = ["cargo", "test", "--workspace", "--no-run", "--message-format=json-render-diagnostics"]
    flags = {"CARGO_INCREMENTAL": "0", "CARGO_TERM_QUIET": "true"}
    said = subprocess.run(command, cwd=tree, env={**os.environ, **places, **flags}, stdout=subprocess.PIPE, text=True)
    if said.returncode:
        sys.exit("the bugs do not build")
    messages = [json.loads(line) for line in said.stdout.splitlines() if line.startswith("{")]
    return [one for one in messages if one["reason"] == "compiler-artifact" and str(tree) in one["manifest_path"]]


def forget(artefacts):
    """Deletes what was built of the packages with bugs: nobody else can use it."""
    for artefact in artefacts:
        for name in [*artefact["filenames"], artefact["executable"]]:
            if name:
                Path(name).unlink(missing_ok=True)


def first_panic(said):
    """What failed first, in one line."""
    told = said[said.find("\n---- ") :]
    found = re.search(r"panicked at ([^\n]+?):\n([^\n]*(?:\n *(?:left|right): [^\n]*)*)", told)
    found = found or re.search(r"panicked at ([^\n]+?):\n([^\n]*)", said)
    if not found:
        return "it ended without a word of why"
    text = re.sub(r"\s+", " ", found[2])
    return f"{text[:140]} ({found[1].rpartition(':')[0]})"


def run(executable, folder, filter, name, limit):
    """Runs tests with a bug, or without one for None. Returns whether they passed, what was said, and the seconds."""
    environment = {key: value for key, value in os.environ.items() if key != "PLANTED"} | {"RUST_BACKTRACE": "0"}
    if name:
        environment["PLANTED"] = name
    began = time.monotonic()
    with tempfile.TemporaryFile("w+") as out:
        tests = subprocess.Popen(
            [executable, filter], cwd=folder, env=environment, stdout=out, stderr=out, start_new_session=True
        )
        try:
            status = tests.wait(limit)
        except subprocess.TimeoutExpired:
            status = None
        finally:
            # What the tests started ends with them.
            try:
                os.killpg(tests.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            tests.wait()
        out.seek(0)
        said = out.read()
    seconds = time.monotonic() - began
    if status is None:
        return None, f"no end after {limit} s", seconds
    if status == 0:
        count = sum(int(number) for number in re.findall(r"test result: ok\. (\d+) passed", said))
        return count > 0, "" if count else f"there is no test {filter}", seconds
    return False, f"signal {-status}" if status < 0 else first_panic(said), seconds


def try_all(table, artefacts, limit, jobs):
    """Runs what the bugs need. Returns lines of a table, and whether all is well."""
    executables = {
        target_name(one["target"]): (one["executable"], Path(one["manifest_path"]).parent)
        for one in artefacts
        if one["profile"]["test"] and one["executable"] and set(one["target"]["kind"]) & {"lib", "test"}
    }

    def one(task):
        test, bug = task
        target, _, filter = test.partition(" ")
        result = run(*executables[target], filter, bug and bug["name"], limit)
        what, (_, said, seconds) = bug["name"] if bug else "without a bug", result
        print(f"{what}: {test}: {said or 'passed'}, {seconds:.0f} s", file=sys.stderr)
        return result

    tests = list(dict.fromkeys(bug["test"] for bug in table))
    with ThreadPoolExecutor(jobs) as pool:
        controls = dict(zip(tests, pool.map(one, [(test, None) for test in tests])))
        results = list(pool.map(one, [(bug["test"], bug) for bug in table]))
    lines, is_well = ["| bug | file | test | caught | s |", "| --- | --- | --- | --- | --- |"], True
    for test, (passed, said, seconds) in controls.items():
        if not passed:
            is_well = False
            lines.append(f"| none | | `{test}` | FAILS WITHOUT A BUG: {cell(said)} | {seconds:.0f} |")
    for bug, (passed, said, seconds) in zip(table, results):
        caught = passed is False or (passed is None and bug.get("hangs", False))
        is_well = is_well and caught
        told = cell(said) if caught else " ".join(["NOT CAUGHT", cell(said)]).strip()
        lines.append(f"| {bug['name']} | {bug['file']} | `{bug['test']}` | {told} | {seconds:.0f} |")
    return lines, is_well


def cell(text):
    return text.replace("|", "\\|")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="look whether bugs and tests are there, and build nothing")
    parser.add_argument("--jobs", type=int, default=1, help="how many tests run at a time")
    parser.add_argument("--limit", type=int, default=300, help="how many seconds a test may take")
    parser.add_argument("names", nargs="*", metavar="NAME", help="the bugs that are tried; all of them by default")
    asked = parser.parse_args()
    table = bugs()
    if faults := check(table):
        sys.exit("\n".join(faults))
    if asked.check:
        return
    if unknown := set(asked.names) - {bug["name"] for bug in table}:
        sys.exit(f"there is no bug {', '.join(sorted(unknown))}")
    # Who is ended leaves no worktree behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    with worktree() as tree:
        if faults := plant(tree, table):
            sys.exit("\n".join(faults))
        print("building all tests with all bugs", file=sys.stderr)
        artefacts = build(tree)
        try:
            tried = [bug for bug in table if not asked.names or bug["name"] in asked.names]
            lines, is_well = try_all(tried, artefacts, asked.limit, asked.jobs)
        finally:
            forget(artefacts)
    print("\n".join(lines))
    sys.exit(not is_well)


if __name__ == "__main__":
    main()
