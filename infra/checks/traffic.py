"""A day of a chat platform: made-up sessions, posted as they end, and the batches that Lambda makes of the stream."""

import json
import re
import subprocess
import zlib
from datetime import UTC, datetime, timedelta

TEMPLATES = 2_000
# What Lambda is told by the template: records of a batch, and seconds until it is handed over.
BATCH_RECORDS, BATCH_SECONDS = 1_000, 2.0
# For how long a shard's next batch waits on the one before.
BATCH_TAKES = 0.15
# Seconds between two posts of a session.
BETWEEN_POSTS = 300
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d")


class Session:
    """A made-up session as JSON, of which copies can be made that end at another time."""

    def __init__(self, text):
        document = json.loads(text)
        self.ids = {document["session_id"], document["id"], document["_id"]}
        # Local time of the contact centre, three hours behind UTC.
        self.ended = datetime.fromisoformat(document["created_at"]) + timedelta(hours=3, minutes=10)
        self.stages = [self.stage(document, share) for share in (0.3, 0.6, 1.0)]

    def stage(self, document, share):
        """The session as it is before it has ended; `share` is how much of its talks there is."""
        if share == 1.0:
            return json.dumps(document, ensure_ascii=False)
        talks = document["talks"][: max(1, int(len(document["talks"]) * share))]
        # Some made-up sessions end as they begin: what comes before is of seconds earlier still.
        updated = datetime.fromisoformat(document["created_at"]) - timedelta(seconds=10 * (1 - share))
        changes = {"talks": talks, "finished_at": None, "updated_at": f"{updated:%Y-%m-%dT%H:%M:%S}-03:00"}
        return json.dumps({**document, **changes}, ensure_ascii=False)

    def copy(self, name, ended, stage):
        """A copy that ends at an instant (seconds since 1970), posted at a stage of its life."""
        shift = datetime.fromtimestamp(ended, UTC).replace(tzinfo=None) - self.ended
        text = self.stages[stage]
        for each in self.ids:
            text = text.replace(each, name)

        def moved(match):
            return f"{datetime.fromisoformat(match[0]) + shift:%Y-%m-%dT%H:%M:%S}"

        return MOMENT.sub(moved, text)


class Post:
    """A delivery: `text` of `account`'s session `name`, at `time`."""

    def __init__(self, time, account, name, text):
        self.time, self.account, self.name, self.text = time, account, name, text


def made_up_sessions(premium, folder):
    file = folder / "sessions.ndjson"
    subprocess.run(
        [premium, "demo", "--sessions", str(TEMPLATES), "--output", file], check=True, stdout=subprocess.DEVNULL
    )
    return [Session(line) for line in file.read_text(encoding="utf-8").splitlines()]


def hour(rng, sessions, accounts, posts, start, count):
    """What is posted of the `count` sessions that end within an hour from `start`, in order.

    `posts` is how often each is posted: as it ends, and up to twice before, within the same hour.
    """
    made, first_end = [], start + BETWEEN_POSTS * (posts - 1)
    for _ in range(count):
        session, account, name = rng.choice(sessions), rng.choice(accounts), f"{rng.getrandbits(96):024x}"
        ended = rng.uniform(first_end, start + 3_600)
        for stage in range(3 - posts, 3):
            made.append(Post(ended - BETWEEN_POSTS * (2 - stage), account, name, session.copy(name, ended, stage)))
    return sorted(made, key=lambda post: post.time)


def shard_of(record, shards):
    return zlib.crc32(record["dynamodb"]["Keys"]["pk"]["S"].encode()) % shards


def batches(records, shards):
    """What Lambda hands over and when: (time, shard, records), by time. `records` are (time, record) in order."""
    made, waiting, free = [], [[] for _ in range(shards)], [0.0] * shards
    closes = [0.0] * shards

    def close(shard, at):
        made.append((at, shard, waiting[shard]))
        waiting[shard], free[shard] = [], at + BATCH_TAKES

    for time, record in records:
        shard = shard_of(record, shards)
        if waiting[shard] and (time > closes[shard] or len(waiting[shard]) == BATCH_RECORDS):
            close(shard, min(closes[shard], time))
        if not waiting[shard]:
            closes[shard] = max(time, free[shard]) + BATCH_SECONDS
        waiting[shard].append(record)
    for shard in range(shards):
        if waiting[shard]:
            close(shard, closes[shard])
    return sorted(made, key=lambda batch: batch[0])
