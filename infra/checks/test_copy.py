"""The open copy of a lake, read by DuckDB as an analyst would, beside what the reports say."""

import json
import subprocess
import tempfile
import time
import unittest
import urllib.request
from pathlib import Path

import duckdb

from test_lambda import BINARIES, Stack

ACCOUNT = "conta"
SESSIONS = 300
TABLES = ("sessions", "contact_platforms", "events", "tags", "talks", "talks_options")


class CopyTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.stack = Stack(cls.folder.name)
        cls.premium("demo", "--account", ACCOUNT, "--sessions", str(SESSIONS), "--data", cls.folder.name)
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        for version, status in (("00", "active"), ("01", "finished")):
            updated_at = f"{moment[:-3]}{version}Z"
            talks = [{"message": f"Olá {version}", "origin": "contact", "created_at": moment}]
            session = {"session_id": "s1", "created_at": moment, "updated_at": updated_at, "status": status}
            cls.call(f"/v1/sessions?account={ACCOUNT}", session | {"talks": talks})
            cls.wait_until(lambda: any(row[2:] == ["s1", status] for row in cls.groups("session_id", "status")))
        cls.output = Path(cls.folder.name, "copy")
        cls.copied = cls.copy()
        cls.duckdb = duckdb.connect()
        for table in TABLES:
            cls.duckdb.execute(f"CREATE VIEW {table} AS SELECT * FROM '{cls.output}/{table}/*.parquet'")

    @classmethod
    def tearDownClass(cls):
        cls.stack.stop()
        cls.folder.cleanup()

    @classmethod
    def premium(cls, *words, succeeds=True):
        done = subprocess.run([BINARIES / "premium", *words], capture_output=True, text=True)
        assert (done.returncode == 0) == succeeds, done.stderr
        return done.stdout

    @classmethod
    def copy(cls, **how):
        words = ("--account", ACCOUNT, "--data", cls.folder.name, "--output", str(cls.output))
        return cls.premium("lake", "copy", *words, **how)

    @classmethod
    def call(cls, path, body, token=None, method="POST"):
        request = urllib.request.Request(cls.stack.local["url"] + path, json.dumps(body).encode(), method=method)
        request.add_header("Authorization", f"Bearer {token or cls.stack.local['admin_token']}")
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    @classmethod
    def groups(cls, *dimensions):
        """The summary: number of sessions and of messages, then the dimensions."""
        fields = [{"name": name} for name in ("sessions", "messages", *dimensions)]
        body = {"account": ACCOUNT, "configParams": {"report_type": "summary"}, "fields": fields}
        return [row["values"] for row in cls.call("/v1/data", body)["rows"]]

    @classmethod
    def wait_until(cls, holds):
        ends = time.monotonic() + 30
        while not holds():
            assert time.monotonic() < ends, cls.groups("session_id", "status")[:3]
            time.sleep(0.2)

    def test_a_copy_under_a_privacy_shows_what_a_token_of_it_shows(self):
        change = {"account": ACCOUNT, "confidential": ["tabulation", "finished_at", "talks_stt"]}
        self.call("/v1/account", change, method="PATCH")
        for privacy in ("masked", "anonymous"):
            order = {"account": ACCOUNT, "scope": "report", "privacy": privacy}
            token = self.call("/v1/tokens", order)["token"]
            folder = Path(self.folder.name, privacy)
            words = ("--account", ACCOUNT, "--data", self.folder.name, "--output", str(folder), "--privacy", privacy)
            self.premium("lake", "copy", *words)
            for table, prefix in (("sessions", ""), ("talks", "talks_"), ("contact_platforms", "contact_platforms_")):
                files = f"'{folder}/{table}/*.parquet'"
                kinds = {name: kind for name, kind, *_ in self.ask(f"DESCRIBE SELECT * FROM {files}")}
                # Texts and flags: numbers and instants are written in other forms.
                own = [name for name, kind in kinds.items() if kind in ("VARCHAR", "BOOLEAN") and name != "session_id"]
                fields = [{"name": name} for name in ("session_id", *(prefix + name for name in own))]
                body = {"configParams": {"report_type": table}, "fields": fields, "limit": 50_000}
                rows = [row["values"] for row in self.call("/v1/data", body, token=token)["rows"]]
                columns = ", ".join(f'"{name}"' for name in ("session_id", *own))
                copied = [list(row) for row in self.ask(f"SELECT {columns} FROM {files}")]
                self.assertGreaterEqual(len(rows), SESSIONS)
                self.assertEqual(sorted(copied, key=repr), sorted(rows, key=repr), f"{privacy} {table}")
            [(hidden,)] = self.ask(f"SELECT count(finished_at) FROM '{folder}/sessions/*.parquet'")
            self.assertEqual(hidden, 0)

    def ask(self, question):
        return self.duckdb.execute(question).fetchall()

    def test_sessions_and_messages_are_those_of_the_reports(self):
        question = """
            SELECT count(*), sum(messages), campaign_name
            FROM sessions LEFT JOIN (SELECT session_id, count(*) AS messages FROM talks GROUP BY 1) USING (session_id)
            GROUP BY campaign_name"""
        expected = {tuple(row) for row in self.groups("campaign_name")}
        self.assertEqual(set(self.ask(question)), expected)
        self.assertEqual(sum(row[0] for row in expected), SESSIONS + 1)

    def test_a_session_is_there_once_as_it_is_now(self):
        self.assertEqual(self.ask("SELECT status FROM sessions WHERE session_id = 's1'"), [("finished",)])
        self.assertEqual(self.ask("SELECT message, position FROM talks WHERE session_id = 's1'"), [("Olá 01", 0)])
        self.assertEqual(self.ask("SELECT count(DISTINCT session_id) FROM sessions"), [(SESSIONS + 1,)])

    def test_every_record_has_its_session_and_every_option_its_message(self):
        for table in TABLES[1:]:
            [(rows, orphans)] = self.ask(
                f"SELECT count(*), count(*) FILTER (session_id NOT IN (SELECT session_id FROM sessions)) FROM {table}"
            )
            self.assertGreater(rows, 0, table)
            self.assertEqual(orphans, 0, table)
            self.assertIn(f"{rows} {table}\n", self.copied)
        question = """
            SELECT count(*) FROM talks_options AS options
            JOIN talks ON talks.session_id = options.session_id AND talks.position = options.talk_position"""
        self.assertEqual(self.ask(question), self.ask("SELECT count(*) FROM talks_options"))

    def test_the_ddl_names_the_columns_of_the_files(self):
        ddl = self.premium("lake", "ddl", "--location", "s3://copia")
        tables = ddl.split("CREATE EXTERNAL TABLE IF NOT EXISTS ")[1:]
        self.assertEqual(len(tables), len(TABLES))
        types = {"VARCHAR": "string", "BIGINT": "bigint", "DOUBLE": "double", "BOOLEAN": "boolean"}
        for name, table in zip(TABLES, tables, strict=True):
            columns = self.ask(f"DESCRIBE {name}")
            lines = [line for line in table.splitlines() if line.startswith("  ")]
            self.assertEqual(len(lines), len(columns), name)
            for line, (column, kind, *_) in zip(lines, columns, strict=True):
                self.assertTrue(line.startswith(f"  `{column.lower()}` {types.get(kind, 'timestamp')}"), line)

    def test_a_folder_that_is_not_empty_is_left_alone(self):
        self.copy(succeeds=False)
        self.assertEqual(self.ask("SELECT count(*) FROM sessions"), [(SESSIONS + 1,)])


if __name__ == "__main__":
    unittest.main()
