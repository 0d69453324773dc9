"""A year of maintenance in minutes: `year.py [--days D]`.

Six accounts live through it, on the functions' binaries (see simulated_aws.py): one grows, one goes quiet, one is
backfilled, one lowers its retention, one raises it, one sends late versions and large bodies; two upload files. At the
end every account must have the sessions and files that it should have, in as few segments, objects and items as the
policy promises, and receipts must agree. Prints a table; ends with an error where a promise is broken.
"""

import argparse
import random
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from pathlib import Path

import traffic
from dynamodb_local import TABLE
from http_events import payload, request
from simulated_aws import LAKE_BUCKET, MEDIA_BUCKET, TARGET, SimulatedAws, progress
from transform import ROOT

DAY, HOUR = 86_400, 3_600
# A token of an operator, and of an account, lives a year at most: they are issued anew in between.
TOKENS_FOR = 90
# How often a day sessions are posted.
ROUNDS = 4
# The compaction policy: so many segments of a width make one of the next, unless that has too many rows.
FAN_IN, WIDTHS, MOST_ROWS = 8, 5, 100_000
# For how long nothing comes in the end: a large segment waits for a week at most for what came late for it.
QUIET_DAYS = 10
# More than an item can hold, however it is packed.
LARGE = 700_000
# Who uploads a file a day.
UPLOADING = ("menos", "mais")
FILE = b"\x89PNG\r\n\x1a\n"


class Account:
    """An account's life: what it does on a day. `now` is the day's beginning in seconds since 1970."""

    def __init__(self, name):
        self.name, self.retention = name, 1_826
        # When each session began, by its id, in seconds since 1970; and those whose body is large.
        self.sessions, self.large = {}, set()
        # When its files were uploaded.
        self.files = []
        # How many receipts its posts may leave, by the UTC day on which their sessions began; how many tokens it was
        # issued, and how many entries its audit log has.
        self.receipts, self.tokens, self.noted = Counter(), 0, 0

    def posts(self, year, day, now):
        """The sessions that it posts: (id, when it ended, whether it is large)."""
        counts = {"cresce": 4 + day // 8, "quieta": 20 if day < 120 else 0, "importada": 6, "tarde": 12}
        count = counts.get(self.name, 10)
        posts = [(f"{year.rng.getrandbits(96):024x}", now + year.rng.uniform(0, DAY), False) for _ in range(count)]
        if self.name == "importada" and day == 60:
            years = range(1, 701)
            posts += [(f"{year.rng.getrandbits(96):024x}", now - back * DAY, False) for back in years for _ in range(3)]
            year.rng.shuffle(posts)
        if self.name == "tarde":
            known = sorted(self.sessions)[-400:]
            for name in year.rng.sample(known, min(6, len(known))):
                posts.append((name, now + year.rng.uniform(0, DAY), name in self.large and year.rng.random() < 0.5))
            if day % 3 == 0:
                posts.append((f"{year.rng.getrandbits(96):024x}", now + year.rng.uniform(0, DAY), True))
        return posts

    def settings(self, day):
        """The settings that it changes on a day."""
        if self.name == "importada" and day == 59:
            return {"starts_on": "2020-01-01"}
        if self.name == "mais" and day in (0, 150):
            return {"retention_days": 45 if day == 0 else 3_650}
        if self.name == "menos" and day == 200:
            return {"retention_days": 60}
        return {}


class Year:
    """The accounts, the functions and the time."""

    def __init__(self, days, profile):
        self.days, self.rng, self.aws = days, random.Random(1), SimulatedAws(profile)
        self.accounts = [Account(name) for name in ("cresce", "quieta", "importada", "menos", "mais", "tarde")]
        names = ("ingest", "archive", "maintain", "data", "media")
        self.ingest, self.archive, self.maintain, self.data, self.media = map(self.aws.function, names)
        self.templates = traffic.made_up_sessions(TARGET / "debug/premium", Path(self.aws.folder))
        self.first = (self.aws.clock.now() // DAY + 1) * DAY
        self.done, self.runs, self.longest = Counter(), 0, 0

    def play(self):
        for day in range(self.days):
            now = self.first + day * DAY
            self.aws.clock.set(now)
            if day % TOKENS_FOR == 0:
                self.issue_tokens()
            for account in self.accounts:
                self.change(account, account.settings(day))
                if account.name in UPLOADING:
                    self.upload(account, now)
            posted = {account: account.posts(self, day, now) for account in self.accounts}
            for turn in range(ROUNDS):
                self.aws.clock.set(now + (turn + 1) * DAY / ROUNDS)
                for account, posts in posted.items():
                    self.post(account, posts[turn::ROUNDS])
                self.archive_all()
                self.run_maintenance()
            self.aws.expire()
            progress(f"day {day + 1} of {self.days}")
        # Nothing comes any more: the last days are closed, and what that replaced goes.
        for hour in range(0, QUIET_DAYS * 24, 2):
            self.aws.clock.set(self.first + self.days * DAY + hour * HOUR)
            self.archive_all()
            self.run_maintenance()
        self.aws.expire()
        self.issue_tokens()
        progress("")

    def issue_tokens(self):
        self.admin = self.aws.issue("admin")
        for account in self.accounts:
            for scope in ("report", "ingest"):
                setattr(account, scope, self.aws.issue(scope, account.name))
                account.tokens += 1
                account.noted += 1

    def change(self, account, settings):
        if settings:
            body = {"account": account.name, **settings}
            answer = self.aws.token.invoke(request("PATCH /v1/account", token=self.admin, body=body))
            assert answer["statusCode"] == 200, answer
            account.retention = settings.get("retention_days", account.retention)
            account.noted += 1

    def post(self, account, posts):
        texts, days = [], []
        for name, ended, large in posts:
            template = self.rng.choice(self.templates)
            text = template.copy(name, ended, 2)
            if large:
                noise = f"{self.rng.getrandbits(4 * LARGE):x}"
                text = text.replace('"talks": [', f'"talks": [{{"message": "{noise}", "origin": "contact"}}, ', 1)
            began = ended - 600
            account.sessions[name] = began
            (account.large.add if large else account.large.discard)(name)
            texts.append(text)
            days.append(self.day(began))
        for at in range(0, len(texts), 500):
            body = f"[{','.join(texts[at : at + 500])}]".encode()
            answer = payload(self.ingest.invoke(request("POST /v1/sessions", token=account.ingest, body=body)))
            taken = answer["accepted"] + answer["ignored"]
            assert taken == len(texts[at : at + 500]), {key: answer[key] for key in answer if key != "results"}
            account.receipts.update(set(days[at : at + 500]))

    def upload(self, account, now):
        """Uploads a small picture, as the platform does."""
        body = {"filename": "foto.png", "content_type": "image/png", "size": len(FILE)}
        answer = self.media.invoke(request("POST /v1/media", token=account.ingest, body=body))
        assert answer["statusCode"] == 201, answer
        upload = payload(answer)["upload"]
        put = urllib.request.Request(upload["url"], FILE, upload["headers"], method=upload["method"])
        with urllib.request.urlopen(put):
            account.files.append(now)

    def archive_all(self):
        """Hands over what the stream holds, in the order of its records."""
        records = [each for each in self.aws.stream.records() if "session#" in str(each["dynamodb"]["Keys"])]
        for at in range(0, len(records), traffic.BATCH_RECORDS):
            answer = self.archive.invoke({"Records": records[at : at + traffic.BATCH_RECORDS]})
            assert answer == {"batchItemFailures": []}, answer

    def run_maintenance(self):
        """Runs maintain until nothing is due."""
        for run in range(200):
            answer = self.maintain.invoke({})
            assert answer["failures"] == 0, (answer, self.maintain.function.output()[-2_000:])
            self.done.update(answer["done"])
            self.runs += 1
            if answer["left_due"] == 0:
                self.longest = max(self.longest, run + 1)
                return
            self.aws.clock.set(self.aws.clock.now() + 60)
        raise AssertionError(f"maintain does not come to an end: {answer}")

    def partitions(self):
        """The partition keys of all items, split at their number signs.

        A token's key does not name its account, so for tokens it is the key of the list that they are in.
        """
        scan = {"TableName": TABLE, "ProjectionExpression": "pk, listing_pk"}
        found = []
        for page in self.aws.dynamodb.get_paginator("scan").paginate(**scan):
            for item in page["Items"]:
                is_token = item["pk"]["S"].startswith("token#")
                found.append(item["listing_pk" if is_token else "pk"]["S"].split("#"))
        return found

    def day(self, seconds):
        return time.strftime("%Y-%m-%d", time.gmtime(seconds))

    def served(self, account):
        """How many sessions a reader is given of all days."""
        period = {"startDate": "2020-01-01", "endDate": self.day(self.aws.clock.now())}
        ask = {"configParams": {"report_type": "summary"}, "dateRange": period, "fields": [{"name": "sessions"}]}
        answer = payload(self.data.invoke(request("POST /v1/data", token=account.report, body=ask)))
        return int(answer["rows"][0]["values"][0]) if answer["rows"] else 0

    def receipts_agree(self, account):
        """Whether receipts, table and lake agree on every day that the account has sessions of."""
        end, agrees = self.aws.clock.now(), True
        while agrees and end > min(account.sessions.values()):
            query = f"account={account.name}&start={self.day(end - 30 * DAY)}&end={self.day(end)}"
            answer = self.data.invoke(request("GET /v1/receipts", token=self.admin, query=query))
            assert answer["statusCode"] == 200, answer
            agrees = all(day["agrees"] for day in payload(answer)["days"])
            end -= 31 * DAY
        return agrees


class Kept:
    """What is there of an account at the end, and what should be."""

    def __init__(self, year, account, partitions):
        self.name, now = account.name, year.aws.clock.now()
        own = [partition for partition in partitions if partition[1:2] == [self.name]]
        self.kinds = Counter(partition[0] for partition in own)
        prefix, objects = f"segments/{self.name}/", year.aws.objects(LAKE_BUCKET)
        manifest = year.aws.items(f"manifest#{self.name}")
        self.live = sum(sk.startswith("live#") for sk in manifest)
        self.replaced = len(manifest) - self.live
        self.overdue = year.aws.overdue(self.name)
        self.objects = sum(key.startswith(prefix) for key in objects)
        self.bodies = sum(key.startswith(f"bodies/{self.name}/") for key in objects)
        self.sessions = self.kinds["session"]
        self.rows = year.served(account)
        cut = now - account.retention * DAY
        if self.name == "mais":
            cut = max(cut, year.first + min(year.days, 150) * DAY - 45 * DAY)
        # What was past its retention when the day's round came may be gone, and what is not yet is still there.
        spread = 2 * DAY
        began = account.sessions.values()
        self.least, self.most = sum(each >= cut for each in began), sum(each >= cut - spread for each in began)
        self.least_files, self.most_files = (
            sum(each >= oldest for each in account.files) for oldest in (cut, cut - spread)
        )
        media = year.aws.objects(MEDIA_BUCKET)
        self.files = sum(key.startswith(f"media/{self.name}/") for key in media)
        receipt_days = {partition[2] for partition in own if partition[0] == "receipt"}
        first_day = year.day(cut - spread - DAY)
        self.past_receipts = sum(day < first_day for day in receipt_days)
        self.large = sum(account.sessions[name] >= cut for name in account.large)
        self.promised = (FAN_IN - 1) * WIDTHS + 2 * self.rows // MOST_ROWS
        self.most_items = self.promised_items(account, first_day)
        self.agrees = year.receipts_agree(account)

    def promised_items(self, account, first_day):
        """How many items of each kind the table has of it at most; of kinds that are not named, none.

        So nothing may be left in quarantine, and rejections and values that were left out are none.
        """
        return {
            # One of each session, and of each request and UTC day of its sessions one receipt: both go with their day.
            "session": self.most,
            "receipt": sum(count for day, count in account.receipts.items() if day >= first_day),
            # The live segments, and those that were replaced in the last 27 hours. Nothing has come for days, so only
            # the rounds of retention at two midnights can have replaced any, and neither more than were live.
            "manifest": 3 * self.promised,
            # A note of a body that may go lives as long as the body does.
            "garbage": self.bodies - self.large,
            # Tokens are listed after their end, and the audit log is kept for five years.
            "tokens": account.tokens,
            "audit": account.noted,
            # Its settings and its key, and what is due.
            "account": 2,
            "due": 1,
        }

    def broken(self):
        """The promises that are not kept."""
        kept = {
            "sessions in the table": self.least <= self.sessions <= self.most,
            "sessions served": self.least <= self.rows <= self.most,
            "live segments": self.live <= self.promised,
            "replaced segments": self.overdue == 0,
            "objects": self.objects == self.live + self.replaced,
            "bodies": self.large <= self.bodies <= self.large + 2,
            "files": self.least_files <= self.files <= self.most_files,
            "receipts": self.agrees,
            "receipts in the table": self.past_receipts == 0,
            "maintenance items": self.kinds["due"] == 1,
        }
        # Each kind by itself, so that none hides in what another leaves free.
        kept |= {f"{kind} items": count <= self.most_items.get(kind, 0) for kind, count in self.kinds.items()}
        return [promise for promise, is_kept in kept.items() if not is_kept]

    def row(self):
        counts = (self.least, self.most, self.sessions, self.rows, self.live, self.promised, self.replaced)
        counts = (*counts, self.objects, self.bodies, self.large, self.files, self.least_files)
        counts = (*counts, self.kinds.total(), sum(self.most_items.values()))
        agrees = "yes" if self.agrees else "NO"
        cells = (self.name, *(f"{count:,}" for count in counts), agrees)
        return f"| {' | '.join(cells)} | {', '.join(self.broken()) or 'all'} |"


COLUMNS = (
    "account", "sessions, at least", "at most", "in the table", "served", "live segments", "at most", "replaced",
    "objects", "large bodies", "of sessions", "files", "at least", "items of the table", "at most", "receipts agree",
    "kept",
)  # fmt: skip


def print_table(kept):
    print(f"| {' | '.join(COLUMNS)} |\n|{' --- |' * len(COLUMNS)}")
    for account in kept:
        print(account.row())


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--days", type=int, default=365, help="how many days are lived through")
    given = options.parse_args()
    subprocess.run(["cargo", "build", "--quiet", "--workspace", "--all-targets"], cwd=ROOT, check=True)
    year = Year(given.days, "debug")
    try:
        year.play()
        partitions = year.partitions()
        kept = [Kept(year, account, partitions) for account in year.accounts]
        print_table(kept)
        done = ", ".join(f"{count:,} {duty}" for duty, count in sorted(year.done.items()))
        print(f"\n{year.runs:,} runs of maintain did {done}; at most {year.longest} in a row until nothing was due.")
        leftovers = Counter(partition[0] for partition in partitions)
        print(
            f"Items of the table by kind: {', '.join(f'{kind} {count:,}' for kind, count in sorted(leftovers.items()))}"
        )
    finally:
        year.aws.close()
    sys.exit(any(account.broken() for account in kept))


if __name__ == "__main__":
    main()
