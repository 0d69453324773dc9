"""The answers to random questions, beside what DuckDB says of the same sessions.

One account's came in order and once; the other's in many batches, with versions late, stale and twice, moves to other days
and removals, so that its segments overlap; it is asked about as it is, and as it was halfway. `QUERIES_SEED` and `QUERIES`
choose other sessions and questions, and how many.
"""

import math
import os
import random
import re
import tempfile
import unittest
from collections import Counter, namedtuple
from datetime import datetime
from zoneinfo import ZoneInfo

import duckdb

from answers import AS_OF, LINK, Answers
from deliveries import BATCHES, ZONES, Account, batches, fill_by_chance, fill_in_order, overlap
from questions import OPERATORS, Questions
from test_lambda import Stack

SEED = int(os.environ.get("QUERIES_SEED", "20251013"))
COUNT = int(os.environ.get("QUERIES", "1000"))

# Of the lake that came by chance: pairs of segments that overlap, and rows that are old versions or tombstones.
OVERLAPS, SURPLUS = 6, 50

# Sums of fractions depend on their order in the last digits.
DIGITS = ".9g"

# What is asked about: an account as of a moment, which a question must name (`is_past`) or may.
Lake = namedtuple("Lake", "account refresh is_past")


def rounded(value):
    return float(f"{value:{DIGITS}}") if isinstance(value, float) else value


class QueriesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.stack = Stack(cls.folder.name)
        cls.addClassCleanup(cls.stack.stop)
        cls.accounts = {name: Account(cls.stack, name, SEED) for name in ZONES}
        held, cls.lakes = cls.fill(cls.accounts["ordem"], cls.accounts["acaso"])
        cls.answers = Answers(duckdb.connect())
        for name, lake in cls.lakes.items():
            lake.account.change(timezone=lake.account.zone)
            cls.answers.load(name, held[name].values(), lake.account.zone)
        # Of each lake, sessions that it does not hold: removed, or not there yet.
        known = {session_id for one in held.values() for session_id in one} | cls.accounts["acaso"].truth.removed
        cls.absent = {name: sorted(known - one.keys()) for name, one in held.items()}
        # By field, whether it comes as a JSON number or as a text.
        cls.ways = {}

    @classmethod
    def fill(cls, ordered, chance):
        """Gives the sessions of each lake, and the lakes."""
        fill_in_order(ordered)
        planned = batches(chance.rng, 900, BATCHES)
        cls.outcomes = fill_by_chance(chance, planned[: BATCHES // 2])
        lakes = {"antes": Lake(chance, chance.settle(), True)}
        held = {"antes": dict(chance.truth.sessions)}
        cls.outcomes += fill_by_chance(chance, planned[BATCHES // 2 :])
        overlap(chance, OVERLAPS, SURPLUS)
        for account in (ordered, chance):
            lakes[account.name] = Lake(account, account.settle(), False)
            held[account.name] = account.truth.sessions
        return held, lakes

    def test_the_second_lake_holds_old_versions_and_tombstones(self):
        for outcome in ("stale", "unchanged", "removed", "posted again"):
            self.assertGreater(self.outcomes[outcome], 10, self.outcomes)

    def test_the_fields_are_those_of_the_schema(self):
        account = self.accounts["ordem"]
        for report_type, kinds in self.answers.kinds.items():
            path = f"/v1/schema?report_type={report_type}"
            schema = account.call("GET", path, account.report, b"")["schema"]
            types = {field["name"]: field["dataType"] for field in schema}
            self.assertEqual(types, {name: kind.data_type for name, kind in kinds.items()}, report_type)

    def test_duckdb_agrees_with_every_answer(self):
        self.seen = Counter()
        questions = Questions(random.Random(SEED), self.answers, self.absent)
        for number in range(COUNT):
            question = questions.question()
            with self.subTest(seed=SEED, number=number, question=str(question)):
                self.compare(question, questions.rng)
        if COUNT >= 1_000:
            fields = {(report_type, field) for report_type, kinds in self.answers.kinds.items() for field in kinds}
            self.assertEqual(fields - questions.asked, set())
            ways = {(operator, way) for operator in OPERATORS for way in ("INCLUDE", "EXCLUDE")}
            self.assertEqual(ways - questions.operators, set())
            for what, least in (("rows", 0.7), ("pages", 0.2), ("unapplied", 0.02)):
                self.assertGreater(self.seen[what], least * COUNT, self.seen)

    def compare(self, question, rng):
        account, refresh, is_past = self.lakes[question.lake]
        kinds = self.answers.kinds[question.report_type]
        expected = self.answers.ask(question.lake, question.report_type, question.fields, question.condition)
        expected = [tuple(rounded(value) for value in row) for row in expected]
        names_moment = is_past or rng.random() < 0.5
        body = question.body | ({"scriptParams": {"lastRefresh": str(refresh)}} if names_moment else {})
        pages = account.data(body, limit=rng.choice([None, max(1, math.ceil(len(expected) / rng.randint(1, 4)))]))
        schema = [{"name": field, "dataType": kinds[field].data_type} for field in question.fields]
        for page in pages:
            self.assertEqual((page["schema"], page["filtersApplied"]), (schema, question.applied))
        self.seen += Counter(rows=bool(expected), pages=len(pages) > 1, unapplied=not question.applied)
        rows = [self.read(row["values"], question.fields, kinds, account, page) for page in pages for row in page["rows"]]
        if question.report_type == "summary":
            again = [row["values"] for page in account.data(body) for row in page["rows"]]
            shown = [row["values"] for page in pages for row in page["rows"]]
            if "data_as_of" not in question.fields:
                self.assertEqual(again, shown, "the same request gave other rows")
            rows, expected = sorted(rows, key=repr), sorted(expected, key=repr)
        self.differ(question.fields, rows, expected)

    def read(self, values, fields, kinds, account, page):
        """A row as DuckDB gives it: numbers are numbers, links are like each other, and the moment has a name."""
        row = []
        for field, value in zip(fields, values, strict=True):
            if kinds[field].name == "number" and value is not None:
                self.assertEqual(self.ways.setdefault(field, type(value) is str), type(value) is str, field)
                value = rounded(float(value))
            if field == "data_as_of":
                local = datetime.fromisoformat(page["dataAsOf"]).astimezone(ZoneInfo(account.zone))
                value = AS_OF if value == f"{local:%Y%m%d%H%M%S}" else value
            if field in ("talks", "media_url") and value:
                value = re.sub(re.escape(self.stack.local["url"]) + r"/m/[A-Za-z0-9_.-]+", LINK, value)
            row.append(value)
        return tuple(row)

    def differ(self, fields, rows, expected):
        """Fails with the first value that is not what it has to be."""
        self.assertEqual(len(rows), len(expected), "number of rows")
        for number, (row, other) in enumerate(zip(rows, expected, strict=True)):
            if repr(row) != repr(other):
                both = zip(fields, row, other, strict=True)
                wrong = {field: (own, want) for field, own, want in both if repr(own) != repr(want)}
                self.fail(f"row {number}, values and what they have to be: {wrong}")


if __name__ == "__main__":
    unittest.main()
