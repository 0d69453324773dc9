"""How long each function takes from the start of its process to asking for the first event, against a hello world.

`init_time.py [FOLDER] [SPAWNS]`: FOLDER holds the binaries, `target/release` by default. The functions are started in
turn, so that a busy moment of the machine falls on all of them. The minimum is the telling figure.
"""

import statistics
import sys
from pathlib import Path

from runtime_api import Function
from transform import ROOT

NAMES = ("hello", "token", "ingest", "archive", "maintain", "data", "media", "console")
ENVIRONMENT = {
    "AWS_REGION": "sa-east-1",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "PREMIUM_TABLE": "table",
    "PREMIUM_LAKE_BUCKET": "lake",
    "PREMIUM_MEDIA_BUCKET": "media",
    "PREMIUM_KEY": "key",
    "PREMIUM_BOOTSTRAP_SECRET": "secret",
}


def spawn(binary):
    """Milliseconds to the first request for an event."""
    with Function(binary, ENVIRONMENT) as function:
        return function.init_seconds * 1000


def main(folder=ROOT / "target/release", spawns=40):
    binaries = {name: Path(folder, name) for name in NAMES if Path(folder, name).is_file()}
    for binary in binaries.values():
        spawn(binary)  # into the page cache
    times = {name: [] for name in binaries}
    for _ in range(int(spawns)):
        for name, binary in binaries.items():
            times[name].append(spawn(binary))
    hello = min(times["hello"])
    print(f"{'function':<10}{'MB':>7}{'min ms':>9}{'median':>9}{'x hello':>9}")
    for name, binary in binaries.items():
        size, least, median = binary.stat().st_size / 1e6, min(times[name]), statistics.median(times[name])
        print(f"{name:<10}{size:>7.2f}{least:>9.2f}{median:>9.2f}{least / hello:>9.2f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
