"""The files for people, opened by LibreOffice as a person would, beside the rows of `/v1/data`."""

import json
import re
import subprocess
import tempfile
import time
import unittest
import urllib.parse
import urllib.request
from datetime import datetime, time as time_of_day, timedelta
from pathlib import Path

import openpyxl

from test_lambda import BINARIES, Stack

ACCOUNT = "conta"
# Texts that a spreadsheet changes or computes where nothing keeps it from doing so.
TEXTS = (
    "0012345",
    "+5511900001234",
    "=1+1",
    "  =1+1",
    "\u200b@SUM(A1)",
    "-2",
    "1/2",
    "3E5",
    "TRUE",
    "Sim",
    '"a"; b,c',
    "😕 ação",
)
# How LibreOffice is told to read CSV: separator, quote, UTF-8, from the first line on, the language, quoted cells are
# texts, and dates are looked for.
CSV = "Text - txt - csv (StarCalc):{separator},34,76,1,,{language},true,true"
LANGUAGES = {"pt": (ord(";"), 1046), "en": (ord(","), 1033)}
REPORTS = {
    "sessions": "session_id,protocol,created_at,created_month,created_hour,created_week,created_weekday,finished_at,"
    "expired,attendance_timer_tme,campaign_name,talks",
    "talks": "session_id,rows,talks_message,talks_created_at,media_url,created_at",
    "summary": "created_date,created_weekday,expired,campaign_name,sessions,tme,tme_seconds",
}
WEEKDAYS = {
    "pt": ("domingo", "segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira", "sábado"),
    "en": ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"),
}
DATES = {"YEAR_MONTH_DAY_SECOND": "%Y%m%d%H%M%S", "YEAR_MONTH_DAY": "%Y%m%d", "YEAR_MONTH": "%Y%m"}


def session(number):
    """The session of a number. Every fourth lacks what may be missing."""
    whole = number % 4 != 3
    return {
        "session_id": f"s{number:02}",
        "protocol": TEXTS[number % len(TEXTS)],
        "created_at": f"2026-03-{1 + number:02}T10:00:{number:02}Z",
        "finished_at": f"2026-04-{1 + number:02}T10:00:00Z" if whole else None,
        "campaign_name": TEXTS[(number + 5) % len(TEXTS)],
        "attendance_timer_tme": number * 7_207.25 if whole else None,
        "expired": number % 2 == 0 if whole else None,
        "talks": [{"origin": "contact", "message": f"{TEXTS[number % len(TEXTS)]}\nlinha"}],
    }


def cell(value, semantic, lang):
    """What must stand in the cell of a value."""
    if value is None:
        return None
    if semantic in DATES:
        return datetime.strptime(value, DATES[semantic])
    if semantic == "YEAR_WEEK":
        return f"{value[:4]}-W{value[4:]}"
    if semantic == "HOUR":
        return int(value)
    if semantic == "DAY_OF_WEEK":
        return WEEKDAYS[lang][int(value)]
    if semantic == "DURATION":
        return timedelta(seconds=value)
    return value


class FilesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.stack = Stack(cls.folder.name)
        cls.call("PATCH", f"/v1/account?account={ACCOUNT}", {"starts_on": "2020-01-01", "retention_days": 3650})
        sessions = [session(number) for number in range(24)]
        cls.call("POST", f"/v1/sessions?account={ACCOUNT}", sessions)
        ends = time.monotonic() + 30
        while len(cls.rows("sessions", "session_id")) < len(sessions):
            assert time.monotonic() < ends, "the sessions did not become readable"
            time.sleep(0.2)

    @classmethod
    def tearDownClass(cls):
        cls.stack.stop()
        cls.folder.cleanup()

    @classmethod
    def fetch(cls, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(cls.stack.local["url"] + path, data, method=method)
        request.add_header("Authorization", f"Bearer {cls.stack.local['admin_token']}")
        with urllib.request.urlopen(request) as answer:
            return answer.read()

    @classmethod
    def call(cls, *request):
        return json.loads(cls.fetch(*request))

    @classmethod
    def rows(cls, report, fields):
        fields = [{"name": name} for name in fields.split(",")]
        body = {"account": ACCOUNT, "configParams": {"report_type": report}, "fields": fields}
        return [row["values"] for row in cls.call("POST", "/v1/data", body)["rows"]]

    def columns(self, report, lang):
        query = urllib.parse.urlencode({"account": ACCOUNT, "report_type": report, "lang": lang})
        schema = self.call("GET", f"/v1/schema?{query}")["schema"]
        return {field["name"]: field for field in schema}

    def export(self, report, **options):
        query = {"account": ACCOUNT, "report_type": report, "fields": REPORTS[report], **options}
        return self.fetch("GET", "/v1/export?" + urllib.parse.urlencode(query))

    def opened(self, name, content, *options):
        """The cells of a file, as LibreOffice reads and saves them."""
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, name).write_bytes(content)
            # A profile of its own: LibreOffice starts once for each profile.
            profile = f"-env:UserInstallation=file://{folder}/profile"
            words = ["soffice", profile, "--headless", *options, "--convert-to", "xlsx:Calc MS Excel 2007 XML"]
            done = subprocess.run(
                [*words, "--outdir", f"{folder}/out", f"{folder}/{name}"], capture_output=True, text=True, timeout=300
            )
            self.assertEqual(done.returncode, 0, done.stderr)
            book = openpyxl.load_workbook(Path(folder, "out", f"{Path(name).stem}.xlsx"))
            return [[self.shown(one) for one in row] for row in book.active.iter_rows()]

    def shown(self, one):
        """The value of a cell. LibreOffice saves booleans as formulas; nothing else may be one. A duration of less than a day
        is a time of the day to it."""
        if isinstance(one.value, time_of_day):
            return datetime.combine(datetime.min, one.value) - datetime.min
        if one.data_type != "f":
            return one.value
        self.assertIn(one.value, ("=TRUE()", "=FALSE()"))
        return one.value == "=TRUE()"

    def expected(self, report, lang):
        columns = [self.columns(report, lang)[name] for name in REPORTS[report].split(",")]
        semantics = [column["semantics"]["semanticType"] for column in columns]
        rows = self.rows(report, REPORTS[report])
        cells = [[cell(value, of, lang) for value, of in zip(row, semantics, strict=True)] for row in rows]
        return [column["label"] for column in columns], semantics, cells

    def assert_same(self, found, expected, about):
        self.assertEqual(len(found), len(expected), about)
        for one, (ours, theirs) in enumerate(zip(found, expected, strict=True)):
            for got, wanted in zip(ours, theirs, strict=True):
                where = f"{about}, row {one}: {got!r} is not {wanted!r}"
                if isinstance(wanted, timedelta):
                    self.assertIsInstance(got, timedelta, where)
                    self.assertLess(abs(got - wanted), timedelta(seconds=1), where)
                elif isinstance(wanted, float):
                    self.assertAlmostEqual(got, wanted, places=9, msg=where)
                else:
                    self.assertEqual((type(got), got), (type(wanted), wanted), where)

    def test_a_workbook_has_the_rows_as_dates_numbers_durations_booleans_and_texts(self):
        for lang in LANGUAGES:
            for report in REPORTS:
                labels, _, cells = self.expected(report, lang)
                head, *rows = self.opened("a.xlsx", self.export(report, format="xlsx", lang=lang))
                self.assertEqual(head, labels)
                self.assert_same(rows, cells, f"{report} {lang}")

    def test_csv_has_the_same_cells_where_the_spreadsheet_is_told_that_quoted_ones_are_texts(self):
        for lang, (separator, language) in LANGUAGES.items():
            yes = {"pt": ("Não", "Sim"), "en": ("No", "Yes")}[lang]
            for report in REPORTS:
                labels, semantics, cells = self.expected(report, lang)
                # What CSV cannot say: a boolean is a word, and what would be computed stands behind an apostrophe.
                wanted = [
                    [
                        yes[value] if isinstance(value, bool) else self.guarded(value, of, lang)
                        for value, of in zip(row, semantics, strict=True)
                    ]
                    for row in cells
                ]
                options = f"--infilter={CSV.format(separator=separator, language=language)}"
                head, *rows = self.opened("a.csv", self.export(report, lang=lang), options)
                self.assertEqual(head, labels)
                self.assert_same(rows, wanted, f"{report} {lang}")

    def guarded(self, value, semantic, lang):
        # Not every spreadsheet takes a month without a day for a date.
        if semantic == "YEAR_MONTH":
            return value.strftime({"pt": "%m/%Y", "en": "%Y-%m"}[lang])
        formula = semantic == "TEXT" and isinstance(value, str) and re.match("[\\s\u200b]*[-=+@]", value)
        return f"'{value}" if formula else value

    def test_the_command_line_writes_the_same_workbook(self):
        path = Path(self.folder.name, "sessoes.xlsx")
        words = ("--report-type", "sessions", "--fields", REPORTS["sessions"], "--account", ACCOUNT, "--format", "xlsx")
        words += ("--data", self.folder.name, "--output", str(path))
        done = subprocess.run([BINARIES / "premium", "export", *words], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        labels, _, cells = self.expected("sessions", "pt")
        head, *rows = self.opened("a.xlsx", path.read_bytes())
        self.assertEqual(head, labels)
        self.assert_same(rows, cells, "command line")


if __name__ == "__main__":
    unittest.main()
