"""What building, posting and starting take: rows of the tables in docs/benchmarks.md.

`measure.py [build] [serve] [lambda]`, all by default:
build   a cold build of `premium`, into a folder of its own
serve   ingest rate and freshness of `premium serve` on this machine, built as the README's first command builds it
lambda  size and start of each function's release build, against a `lambda_http` hello world (see init_time.py)
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import init_time
from transform import ROOT

TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
SESSIONS = 5_000
PROBES = 8
FUNCTIONS = ("hello", "token", "ingest", "archive", "maintain", "data", "media", "console@0.1.0")


def cargo(*words, target=None):
    environment = dict(os.environ, **({"CARGO_TARGET_DIR": str(target)} if target else {}))
    subprocess.run(["cargo", "build", "--quiet", *words], cwd=ROOT, env=environment, check=True)


def measure_build():
    with tempfile.TemporaryDirectory() as folder:
        start = time.monotonic()
        cargo("--bin", "premium", target=folder)
        print(f"| cold build of `premium` on {os.cpu_count()} cores | {(time.monotonic() - start) / 60:.1f} min |")


def call(url, token, path, body):
    request = urllib.request.Request(url + path, json.dumps(body).encode(), {"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def start(premium, folder):
    """The running stack, as `local.json` describes it."""
    words = [premium, "serve", "--no-demo", "--listen", "127.0.0.1:0", "--data", folder]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    while not Path(folder, "local.json").exists():
        time.sleep(0.05)
    return process, json.loads(Path(folder, "local.json").read_text())


def ingest_rate(premium, folder):
    file = Path(folder, "sessions.ndjson")
    subprocess.run([premium, "demo", "--sessions", str(SESSIONS), "--output", file], check=True)
    begin = time.monotonic()
    words = [premium, "import", file, "--account", "rate", "--data", folder]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seconds = time.monotonic() - begin
    size = file.stat().st_size / SESSIONS
    print(f"| ingest of {SESSIONS:,} sessions of {size:,.0f} bytes | {SESSIONS / seconds:,.0f} sessions/s |")


def freshness(url, admin):
    """Seconds from a session's acknowledgement to its row."""
    rows = {"account": "fresh", "configParams": {"report_type": "sessions"}, "fields": [{"name": "session_id"}]}
    waits = []
    for number in range(PROBES):
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        call(url, admin, "/v1/sessions?account=fresh", {"session_id": f"s{number}", "created_at": now})
        begin = time.monotonic()
        while len(call(url, admin, "/v1/data", rows)["rows"]) <= number:
            time.sleep(0.05)
        waits.append(time.monotonic() - begin)
    median, longest = statistics.median(waits), max(waits)
    print(f"| from acknowledged to readable, {PROBES} sessions | median {median:.1f} s, longest {longest:.1f} s |")


def measure_serve():
    cargo("--bin", "premium")
    premium = TARGET / "debug/premium"
    folder = tempfile.mkdtemp()
    process, local = start(premium, folder)
    try:
        for account in ("rate", "fresh"):
            body = {"account": account, "starts_on": "2015-01-01"}
            request = urllib.request.Request(local["url"] + "/v1/account", json.dumps(body).encode(), method="PATCH")
            request.add_header("Authorization", f"Bearer {local['admin_token']}")
            urllib.request.urlopen(request).close()
        ingest_rate(premium, folder)
        freshness(local["url"], local["admin_token"])
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder)


def measure_lambda():
    cargo("--release", "--bins", *(word for name in FUNCTIONS for word in ("-p", name)))
    init_time.main(TARGET / "release")


MEASURES = {"build": measure_build, "serve": measure_serve, "lambda": measure_lambda}

if __name__ == "__main__":
    for name in sys.argv[1:] or MEASURES:
        MEASURES[name]()
