"""How made-up sessions come to the accounts of a stack, and what is to be known of them afterwards."""

import copy
import gzip
import json
import math
import random
import time
import urllib.request
from collections import Counter
from zoneinfo import ZoneInfo

import made_sessions
from made_sessions import version

# The zone in which an account's local times are sent, and the one that its reports are in afterwards.
ZONES = {"ordem": ("America/Sao_Paulo", "America/Sao_Paulo"), "acaso": ("America/Sao_Paulo", "America/New_York")}
BATCHES = 40
# The pump gathers for half a second; a batch that comes later is a segment of its own.
BETWEEN_BATCHES = 0.55


class Truth:
    """The sessions of an account by id: of each the newest version that was posted since it was last removed."""

    def __init__(self):
        self.sessions, self.removed = {}, set()

    def post(self, one):
        """Takes a delivery and says what the answer has to count it as."""
        held = self.sessions.get(one["session_id"])
        if held and version(one) <= version(held):
            return "unchanged" if version(one) == version(held) else "stale"
        self.sessions[one["session_id"]] = one
        return "accepted"

    def remove(self, session_id):
        del self.sessions[session_id]
        self.removed.add(session_id)


def histories(rng, count):
    """The versions of sessions, oldest first; six in ten have more than one."""
    for first in made_sessions.sessions(rng, count):
        versions = [first]
        for _ in range(rng.choice([0, 0, 0, 0, 1, 1, 1, 2, 2, 3])):
            versions.append(made_sessions.changed(rng, versions[-1]))
        yield versions


def batches(rng, count, number):
    """Deliveries of `count` sessions in `number` batches that have days in common: versions come in their order or not,
    soon or late, and some come twice."""
    planned = [[] for _ in range(number)]
    for at, versions in enumerate(histories(rng, count)):
        about = at * number / count
        for one in versions:
            for _ in range(rng.choice([1] * 9 + [2])):
                place = rng.gauss(about, 2) if rng.random() < 0.85 else rng.uniform(0, number)
                planned[min(max(int(place), 0), number - 1)].append(copy.deepcopy(one))
            about = rng.gauss(about + 2, 2)
    for batch in planned:
        rng.shuffle(batch)
    return planned


class Account:
    """An account of the stack: what is posted, and the truth about it."""

    def __init__(self, stack, name, seed):
        self.stack, self.name, self.truth = stack, name, Truth()
        self.rng, self.dynamodb = random.Random(f"{seed} {name}"), stack.dynamodb()
        sent, self.zone = ZONES[name]
        self.documents = made_sessions.Documents(self.rng, ZoneInfo(sent))
        self.ingest, self.report = (self.issue(scope) for scope in ("ingest", "report"))
        self.change(timezone=sent, starts_on="2015-01-01", retention_days=36_000)

    def call(self, method, path, token, body, **headers):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(self.stack.local["url"] + path, data, headers, method=method)
        request.add_header("Authorization", f"Bearer {token}")
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def issue(self, scope):
        order = {"account": self.name, "scope": scope}
        return self.call("POST", "/v1/tokens", self.stack.local["admin_token"], order)["token"]

    def change(self, **settings):
        self.call("PATCH", "/v1/account", self.stack.local["admin_token"], {"account": self.name} | settings)

    def post(self, sessions):
        """Posts sessions, and checks that each became what the truth says."""
        expected = Counter(self.truth.post(one) for one in sessions)
        lines = "\n".join(json.dumps(self.documents.document(one), ensure_ascii=False) for one in sessions)
        headers = {"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"}
        answer = self.call("POST", "/v1/sessions", self.ingest, gzip.compress(lines.encode(), 1), **headers)
        told = {outcome: answer[outcome] for outcome in ("accepted", "unchanged", "stale", "ignored", "rejected")}
        assert told == {outcome: expected[outcome] for outcome in told}, (told, expected, answer["results"][:3])
        return expected

    def remove(self, session_id):
        """Takes a session out of the table: what remains of it in the lake is a tombstone."""
        self.truth.remove(session_id)
        key = {"pk": {"S": f"session#{self.name}#{session_id}"}, "sk": {"S": "session"}}
        self.dynamodb.delete_item(TableName=self.stack.aws["table"], Key=key)

    def data(self, body, limit=None):
        """The answers of all pages."""
        pages, cursor = [], {}
        while True:
            asked = body | cursor | ({"limit": limit} if limit else {})
            pages.append(self.call("POST", "/v1/data", self.report, asked))
            if pages[-1]["nextCursor"] is None:
                return pages
            cursor = {"cursor": pages[-1]["nextCursor"]}

    def settle(self):
        """Waits until every session is served as it is now, and gives the moment, in milliseconds since 1970."""
        fields = [{"name": "session_id"}, {"name": "tabulation"}, {"name": "attendance_timer_tma"}]
        body = {"configParams": {"report_type": "sessions"}, "fields": fields}
        held = sorted(self.truth.sessions.values(), key=lambda one: one["session_id"])
        expected = [[one[field["name"]] for field in fields] for one in held]
        ends = time.monotonic() + 30
        while (served := sorted(row["values"] for page in self.data(body) for row in page["rows"])) != expected:
            assert time.monotonic() < ends, f"{len(served)} sessions are served, {len(expected)} are held"
            time.sleep(0.5)
        return math.ceil(time.time() * 1000)

    def parts(self):
        """The parts of the segments that the lake is made of, as the manifest tells."""
        pages = self.dynamodb.get_paginator("query").paginate(
            TableName=self.stack.aws["table"],
            KeyConditionExpression="pk = :pk AND begins_with(sk, :live)",
            ExpressionAttributeValues={":pk": {"S": f"manifest#{self.name}"}, ":live": {"S": "live#"}},
        )
        items = (item for page in pages for item in page["Items"])
        return [part for item in items for part in parts_of(Bytes(item["parts"]["B"]))]


class Bytes:
    """What postcard has written (https://postcard.jamesmunns.com/wire-format)."""

    def __init__(self, content):
        self.content = iter(content)

    def number(self):
        """A number without a sign: seven bits a byte, the last ones first."""
        number, shift = 0, 0
        for byte in self.content:
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return number
        raise EOFError

    def signed(self):
        number = self.number()
        return number >> 1 ^ -(number & 1)

    def list(self, one):
        return [one() for _ in range(self.number())]

    def optional(self, one):
        return one() if self.number() else None


class Part:
    """Of a part of a segment when its first and its last session began, and how many rows of sessions it has."""

    def __init__(self, content):
        self.first = content.signed()
        self.last = self.first + content.signed()
        content.number()
        for _ in ("finished", "last"):
            content.optional(lambda: (content.signed(), content.signed()))
        files = content.list(lambda: [content.number() for _ in ("record", "rows", "bytes", "decoded")])
        self.sessions = next(rows for record, rows, *_ in files if record == 0)


def parts_of(content):
    """The parts of which an item of the manifest tells."""
    assert content.number() == 4, "the item is of a format that is not known here"
    content.signed()
    return content.list(lambda: Part(content))


def overlaps(parts):
    """How many pairs of parts have an instant in common."""
    return sum(a.first <= b.last and b.first <= a.last for at, a in enumerate(parts) for b in parts[:at])


def surplus(parts, truth):
    """How many rows of the parts are old versions or tombstones."""
    return sum(part.sessions for part in parts) - len(truth.sessions)


def fill_in_order(account):
    account.post(made_sessions.sessions(account.rng, 1_500))


def fill_by_chance(account, planned):
    """Posts batches and gives what became of the deliveries; after each some sessions are removed, of which some come back."""
    outcomes = Counter()
    for batch in planned:
        outcomes += account.post(batch)
        time.sleep(BETWEEN_BATCHES)
        held = sorted(account.truth.sessions)
        for session_id in account.rng.sample(held[1:], min(3, len(held) - 1)):
            one = account.truth.sessions[session_id]
            account.remove(session_id)
            outcomes["removed"] += 1
            if account.rng.random() < 0.3:
                outcomes["posted again"] += account.post([one])["accepted"]
    # What comes last and can be told apart: once it is served, nothing before it is still under way.
    outcomes += account.post([made_sessions.changed(account.rng, account.truth.sessions[held[0]])])
    return outcomes


def overlap(account, pairs, rows):
    """Posts newer versions until so many pairs of parts overlap, with so many rows too many: how the batches before
    became segments, and those were compacted, depends on how fast the machine is. Fails where they do not come to overlap."""
    for _ in range(20):
        account.settle()
        parts = account.parts()
        if overlaps(parts) >= pairs and surplus(parts, account.truth) >= rows:
            return
        held = account.rng.sample(sorted(account.truth.sessions), 60)
        account.post([made_sessions.changed(account.rng, account.truth.sessions[session_id]) for session_id in held])
    raise AssertionError("the parts do not come to overlap")
