"""What a month costs on AWS, counted: `cost.py [--case N ...] [--days D] [--hours H]`.

Plays days of traffic to the functions' release binaries (see simulated_aws.py), counts requests, units and bytes of
each operation, and prices them by prices.json. Ends with an error where a target is missed. An hour of traffic takes
about two minutes; `--hours 1` plays one of the twelve and is for trying. docs/benchmarks.md holds what was counted.
"""

import argparse
import random
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

import traffic
from cost_report import Month, missed, print_cases, print_targets, targets
from http_events import payload, request
from simulated_aws import TARGET, SimulatedAws, progress
from transform import ROOT

SESSIONS_A_MONTH, CHARTS_A_DAY, ACTIVE_HOURS, DAYS_A_MONTH = 1_000_000, 1_000, 12, 30
HOURLY = round(SESSIONS_A_MONTH / DAYS_A_MONTH / ACTIVE_HOURS)
SHARDS = 4
# Sessions of each case that are posted alone, to count what a post takes; the others are posted together.
SAMPLE = 100
POSTED_TOGETHER = 500
# Runs of maintain that find nothing to do, to count what these take.
IDLE_RUNS = 10
DAY, HOUR, MINUTE = 86_400, 3_600, 60
# While nothing is posted maintain is run less often; what a run takes that finds nothing is counted by itself.
QUIET_STEP = 10 * MINUTE
CASES = {
    1: ("1 account", 1, 1),
    2: ("1 account, each session posted three times", 1, 3),
    3: ("10 accounts", 10, 1),
    4: ("100 accounts", 100, 1),
    5: ("1,000 accounts", 1_000, 1),
}
CHARTS = (
    ("summary", ["created_date", "sessions"]),
    ("summary", ["campaign_name", "tme_seconds"]),
    ("summary", ["channel", "agent_name", "sessions"]),
    ("sessions", ["created_at", "contact_name", "agent_name", "status", "tabulation"]),
)


class Case:
    """One case on servers of its own."""

    def __init__(self, number, days, hours, hourly=HOURLY, profile="release"):
        self.name, accounts, self.posts = CASES[number]
        self.days, self.hours, self.hourly, self.rng = days, hours, hourly, random.Random(number)
        self.aws = SimulatedAws(profile)
        self.accounts = [f"conta-{number:04}" for number in range(accounts)]
        self.sampled, self.bulk = self.aws.function("ingest"), self.aws.function("ingest")
        self.archives = [self.aws.function("archive") for _ in range(SHARDS)]
        self.maintain, self.idle = self.aws.function("maintain"), self.aws.function("maintain")
        # Charts that were asked during the last day, half of them of a report that was refreshed hours ago; charts that
        # were asked when all days were closed; and charts of a month without sessions.
        self.charts, self.late_charts, self.empty_charts = [], [], []
        self.archive_bytes, self.appends = [], 0
        self.longest_run, self.swept, self.overdue = 0.0, 0, 0
        self.sample = defaultdict(int)
        self.next_minute = 0.0

    def play(self):
        """Plays the days, and the time until all that follows from them is done."""
        sessions = traffic.made_up_sessions(TARGET / "debug/premium", Path(self.aws.folder))
        self.tokens = {account: self.aws.issue("ingest", account) for account in self.accounts}
        # An account takes sessions from the day on which its first report token was issued.
        self.reader = [self.aws.issue("report", account) for account in self.accounts][0]
        first = (self.aws.clock.now() // DAY + 1) * DAY + 11 * HOUR
        self.next_minute = first
        for function in self.aws.functions:
            function.clear()
        for day in range(self.days):
            if day:
                self.maintain_until(first + day * DAY - DAY + (self.hours + 2) * HOUR)
                self.maintain_until(first + day * DAY, QUIET_STEP)
            for hour in range(self.hours):
                start = first + day * DAY + hour * HOUR
                self.maintain_until(start)
                posts = traffic.hour(self.rng, sessions, self.accounts, self.posts, start, self.hourly)
                self.archive(self.ingest(posts, start))
                progress(f"{self.name}: day {day + 1} of {self.days}, hour {hour + 1} of {self.hours}")
                if day == self.days - 1 and hour == self.hours // 2:
                    self.charts = self.ask_charts()
                if day == self.days - 1 and hour == self.hours - 1:
                    # Six to twelve hours ago, or as large a share of a shorter day.
                    self.charts += self.ask_charts(lambda: self.rng.uniform(self.hours / 2, self.hours) * HOUR)
        self.maintain_until(first + self.days * DAY + 30 * HOUR, QUIET_STEP)
        self.late_charts = self.ask_charts()
        self.empty_charts = self.ask_charts(ago=365 * DAY)
        while self.maintain.invoke({})["turns"]:
            pass
        self.overdue = sum(self.aws.overdue(account) for account in self.accounts)
        for _ in range(IDLE_RUNS):
            assert not self.idle.invoke({})["turns"]
        progress("")

    def ingest(self, posts, start):
        """Posts what is posted within an hour; gives the stream's records with the times of their posts."""
        self.aws.clock.set(start)
        together, versions = defaultdict(list), defaultdict(list)
        for post in posts:
            versions[post.account, post.name].append(post.time)
            if post.name in self.sample or len(self.sample) < SAMPLE:
                self.sample[post.name] += 1
                self.post(self.sampled, post.account, [post.text])
            else:
                together[post.account].append(post.text)
        for account, texts in together.items():
            for at in range(0, len(texts), POSTED_TOGETHER):
                self.post(self.bulk, account, texts[at : at + POSTED_TOGETHER])
        records = []
        for record in self.aws.stream.records():
            kind, account, name = (record["dynamodb"]["Keys"]["pk"]["S"] + "##").split("#")[:3]
            if kind == "session":
                records.append((versions[account, name].pop(0), record))
        return sorted(records, key=lambda pair: pair[0])

    def post(self, function, account, texts):
        body = f"[{','.join(texts)}]".encode()
        answer = payload(function.invoke(request("POST /v1/sessions", token=self.tokens[account], body=body)))
        assert answer["accepted"] == len(texts), answer

    def archive(self, records):
        for at, shard, batch in traffic.batches(records, SHARDS):
            self.maintain_until(at)
            self.aws.clock.set(at)
            function = self.archives[shard]
            before = function.dynamodb.received.total()
            answer = function.invoke({"Records": batch})
            assert answer == {"batchItemFailures": []}, answer
            self.archive_bytes.append(function.dynamodb.received.total() - before)
            self.appends += len({record["dynamodb"]["Keys"]["pk"]["S"].split("#")[1] for record in batch})

    def maintain_until(self, end, step=MINUTE):
        """Runs maintain every `step` seconds until `end`."""
        while self.next_minute <= end:
            self.aws.clock.set(self.next_minute)
            began = time.monotonic()
            answer = self.maintain.invoke({})
            assert answer["failures"] == 0, answer
            # By the run's own clock, by which it ends itself.
            self.longest_run = max(self.longest_run, time.monotonic() - began)
            self.swept += answer["done"].get("garbage", 0)
            self.next_minute += step

    def ask_charts(self, age=lambda: 0, ago=0):
        """Asks each chart of a fresh instance, as a cold one answers; gives these. `age` says how many seconds ago the
        chart's report was refreshed, and `ago` how many seconds ago its four weeks ended."""
        asked = []
        end = time.gmtime(self.aws.clock.now() - ago - 3 * HOUR)
        start = time.gmtime(self.aws.clock.now() - ago - 28 * DAY)
        period = {"startDate": time.strftime("%Y-%m-%d", start), "endDate": time.strftime("%Y-%m-%d", end)}
        for report_type, fields in CHARTS:
            names = [{"name": name} for name in fields]
            ask = {"configParams": {"report_type": report_type}, "dateRange": period, "fields": names}
            ask["scriptParams"] = {"lastRefresh": str(round((self.aws.clock.now() - age()) * 1_000))}
            function = self.aws.function("data")
            answer = function.invoke(request("POST /v1/data", token=self.reader, body=ask))
            assert answer["statusCode"] == 200, answer
            asked.append(function)
        return asked


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--case", type=int, action="append", choices=CASES, help="one of the cases; all by default")
    options.add_argument("--days", type=int, default=1, help="how many days are played")
    options.add_argument("--hours", type=int, default=ACTIVE_HOURS, help="how many hours of each")
    given = options.parse_args()
    names = [word for name in ("token", "ingest", "archive", "maintain", "data") for word in ("-p", name)]
    for words in (["--bin", "premium"], ["--release", "--bins", *names]):
        subprocess.run(["cargo", "build", "--quiet", *words], cwd=ROOT, check=True)
    months = {}
    for number in given.case or CASES:
        case = Case(number, given.days, given.hours)
        try:
            case.play()
            months[number] = Month(case)
        finally:
            case.aws.close()
    print_cases(months.values())
    rows = targets(months)
    print_targets(rows, months)
    sys.exit(len(missed(rows)))


if __name__ == "__main__":
    main()
