"""The functions' own binaries, fed with the events of AWS, on the embedded servers of `premium serve`."""

import base64
import copy
import gzip
import io
import json
import os
import random
import re
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import openpyxl

from http_events import EVENTS, payload, request
from runtime_api import Function, FunctionError
from transform import ROOT

BINARIES = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"), "debug")
ACCOUNT = "conta"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


class Stack:
    """`premium serve` in a folder of its own, and what the functions must know to use its servers."""

    def __init__(self, folder):
        self.log = tempfile.TemporaryFile()
        command = [BINARIES / "premium", "serve", "--no-demo", "--listen", "127.0.0.1:0", "--data", folder]
        self.process = subprocess.Popen(command, stdout=self.log, stderr=subprocess.STDOUT)
        self.local = self.settings(Path(folder, "local.json"))
        self.aws = self.settings(Path(folder, "aws.json"))
        self.environment = {
            "AWS_REGION": "sa-east-1",
            "AWS_ACCESS_KEY_ID": self.aws["access_key"],
            "AWS_SECRET_ACCESS_KEY": self.aws["secret_key"],
            "AWS_ENDPOINT_URL_DYNAMODB": self.aws["dynamodb"],
            "AWS_ENDPOINT_URL_S3": self.aws["s3"],
            "AWS_ENDPOINT_URL_KMS": self.aws["kms"],
            "PREMIUM_TABLE": self.aws["table"],
            "PREMIUM_LAKE_BUCKET": self.aws["lake_bucket"],
            "PREMIUM_MEDIA_BUCKET": self.aws["media_bucket"],
            "PREMIUM_KEY": self.aws["key"],
            "PREMIUM_PUBLIC_URL": "https://relatorios.example",
            "PREMIUM_PLATFORM_ORIGIN": "https://chat.example",
        }

    def settings(self, path):
        for _ in range(600):
            if path.is_file():
                return json.loads(path.read_text(encoding="utf-8"))
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        self.log.seek(0)
        raise AssertionError(f"premium serve wrote no {path.name}:\n{self.log.read().decode(errors='replace')}")

    def dynamodb(self):
        return boto3.client(
            "dynamodb",
            region_name="sa-east-1",
            endpoint_url=self.aws["dynamodb"],
            aws_access_key_id=self.aws["access_key"],
            aws_secret_access_key=self.aws["secret_key"],
        )

    def stop(self):
        self.process.terminate()
        self.process.wait(30)
        self.log.close()
        self.log.close()


def setUpModule():
    global FOLDER, STACK
    FOLDER = tempfile.TemporaryDirectory()
    STACK = Stack(FOLDER.name)


def tearDownModule():
    STACK.stop()
    FOLDER.cleanup()


def invoke(name, *events):
    """One answer for each event, all by the same process."""
    with Function(BINARIES / name, STACK.environment) as function:
        answers = [function.invoke(event) for event in events]
    return answers if len(answers) > 1 else answers[0]


def session(name, **fields):
    now = datetime.now(UTC).isoformat()
    talk = {"message": "Olá", "origin": "contact", "created_at": now}
    return {"session_id": name, "created_at": now, "updated_at": now, "status": "finished", "talks": [talk], **fields}


def issue(scope):
    body = {"account": ACCOUNT, "scope": scope}
    answer = invoke("token", request("POST /v1/tokens", token=STACK.local["admin_token"], body=body))
    assert answer["statusCode"] == 201, answer
    return payload(answer)["token"]


def rows_of(name, token, fields=("session_id", "status")):
    filters = [[{"fieldName": "session_id", "operator": "EQUALS", "values": [name], "type": "INCLUDE"}]]
    query = {
        "configParams": {"report_type": "sessions"},
        "fields": [{"name": field} for field in fields],
        "dimensionsFilters": filters,
    }
    answer = invoke("data", request("POST /v1/data", token=token, body=query))
    assert answer["statusCode"] == 200, answer
    return [row["values"] for row in payload(answer)["rows"]]


def wait_for(what, seconds=30):
    ends = time.monotonic() + seconds
    while not (found := what()) and time.monotonic() < ends:
        time.sleep(0.5)
    return found


def minute_with(seconds):
    """Waits for a minute of which as many seconds are left: the limits are of a minute."""
    if (left := 60 - time.time() % 60) < seconds:
        time.sleep(left)


class Http(unittest.TestCase):
    def test_token_knows_the_admin_and_refuses_strangers(self):
        me, nobody, forged = invoke(
            "token",
            request("GET /v1/me", token=STACK.local["admin_token"]),
            request("GET /v1/me"),
            request("GET /v1/me", token=STACK.local["admin_token"][:-4] + "AAAA"),
        )
        self.assertEqual((me["statusCode"], payload(me)["scope"]), (200, "admin"))
        for refused in (nobody, forged):
            self.assertEqual(refused["statusCode"], 401)
            self.assertTrue(refused["headers"]["www-authenticate"].startswith("Bearer"))
            self.assertEqual(refused["headers"]["content-type"], "application/problem+json")

    def test_ingest_takes_plain_and_zipped_sessions_and_data_serves_them(self):
        report, writer = issue("report"), issue("ingest")
        zipped = gzip.compress(json.dumps([session("zipada")]).encode())
        plain, packed, again = invoke(
            "ingest",
            request("POST /v1/sessions", token=writer, body=session("simples")),
            request("POST /v1/sessions", token=writer, body=zipped, headers={"content-encoding": "gzip"}),
            request("POST /v1/sessions", token=writer, body=zipped, headers={"content-encoding": "gzip"}),
        )
        for answer, outcome in ((plain, "accepted"), (packed, "accepted"), (again, "unchanged")):
            self.assertEqual((answer["statusCode"], payload(answer)[outcome]), (200, 1), answer)
        for name in ("simples", "zipada"):
            self.assertEqual(wait_for(lambda name=name: rows_of(name, report)), [[name, "finished"]])

    def test_data_gives_its_schema_and_names_what_it_does_not_know(self):
        report = issue("report")
        schema, types, wrong = invoke(
            "data",
            request("GET /v1/schema", token=report, query="report_type=sessions&lang=pt"),
            request("GET /v1/report-types", token=report),
            request("POST /v1/data", token=report, body={"fields": [{"name": "nada_disso"}]}),
        )
        self.assertIn("session_id", [field["name"] for field in payload(schema)["schema"]])
        self.assertEqual(len(payload(types)["report_types"]), 7)
        self.assertIn(wrong["statusCode"], (400, 422))
        self.assertIn("nada_disso", json.dumps(payload(wrong)))

    def test_data_hands_files_over_byte_by_byte(self):
        report, writer = issue("report"), issue("ingest")
        invoke("ingest", request("POST /v1/sessions", token=writer, body=session("arquivo", campaign_name="=1+1")))
        self.assertEqual(wait_for(lambda: rows_of("arquivo", report)), [["arquivo", "finished"]])
        ask = "fields=session_id,campaign_name&lang=pt"
        plain, zipped, lines, workbook = invoke(
            "data",
            request("GET /v1/export", token=report, query=ask),
            request("GET /v1/export", token=report, query=ask, headers={"accept-encoding": "gzip"}),
            request("GET /v1/export", token=report, query=ask + "&format=ndjson"),
            request("GET /v1/export", token=report, query=ask + "&format=xlsx"),
        )
        for answer in (plain, zipped, lines, workbook):
            self.assertTrue(answer["isBase64Encoded"], answer)
        for answer, unpack in ((plain, bytes), (zipped, gzip.decompress)):
            csv = unpack(base64.b64decode(answer["body"]))
            self.assertTrue(csv.startswith(b'\xef\xbb\xbf"ID da sess\xc3\xa3o";'), csv[:60])
            self.assertIn(b'\r\n"arquivo";"\'=1+1"\r\n', csv)
        rows = [json.loads(line) for line in base64.b64decode(lines["body"]).splitlines()]
        self.assertIn({"session_id": "arquivo", "campaign_name": "=1+1"}, rows)
        book = openpyxl.load_workbook(io.BytesIO(base64.b64decode(workbook["body"])))
        self.assertIn(("arquivo", "=1+1"), list(book.active.iter_rows(values_only=True)))

    def test_media_takes_a_file_and_its_link_opens_it(self):
        report, writer = issue("report"), issue("ingest")
        body = {"filename": "foto.png", "content_type": "image/png", "size": len(PNG)}
        created = invoke("media", request("POST /v1/media", token=writer, body=body))
        self.assertEqual(created["statusCode"], 201, created)
        upload = payload(created)["upload"]
        put = urllib.request.Request(upload["url"], PNG, upload["headers"], method=upload["method"])
        self.assertEqual(urllib.request.urlopen(put).status, 200)

        talk = {"storage_id": payload(created)["storage_id"], "filename": "foto.png"}
        invoke("ingest", request("POST /v1/sessions", token=writer, body=session("com-foto", talks=[talk])))
        query = {
            "configParams": {"report_type": "talks"},
            "fields": [{"name": "session_id"}, {"name": "media_url"}],
        }
        ask = request("POST /v1/data", token=report, body=query)
        rows = wait_for(lambda: [row["values"] for row in payload(invoke("data", ask))["rows"] if row["values"][1]])
        self.assertEqual([row[0] for row in rows], ["com-foto"])
        link = rows[0][1].removeprefix("https://relatorios.example")
        opened, unknown = invoke(
            "media", request("GET /m/{link}", path=link), request("GET /m/{link}", path=link[:-4] + "AAAA")
        )
        self.assertEqual((opened["statusCode"], unknown["statusCode"]), (302, 404), opened)
        self.assertEqual(urllib.request.urlopen(opened["headers"]["location"]).read(), PNG)

    def test_console_is_well_and_answers_for_what_does_not_exist(self):
        health, page, nothing, method = invoke(
            "console",
            request("GET /healthz"),
            request("GET /"),
            request("GET $default", path="/v1/nada"),
            request("PUT $default", path="/healthz"),
        )
        self.assertEqual((health["statusCode"], payload(health)["status"]), (200, "ok"))
        self.assertEqual(page["statusCode"], 200)
        self.assertTrue(page["headers"]["content-security-policy"].endswith("frame-ancestors https://chat.example"))
        for answer, status in ((nothing, 404), (method, 405)):
            self.assertEqual(answer["statusCode"], status)
            self.assertEqual(answer["headers"]["content-type"], "application/problem+json")

    def test_console_hands_over_its_files_packed_and_whole(self):
        page = invoke("console", request("GET /"))
        path = "/" + re.search(r'src="(assets/[^"]+\.js)"', page["body"])[1]
        route = "GET /assets/{version}/{name}"
        packed, plain = invoke(
            "console",
            request(route, path=path, headers={"accept-encoding": "gzip, br"}),
            request(route, path=path),
        )
        self.assertEqual((packed["headers"]["content-encoding"], packed["isBase64Encoded"]), ("gzip", True))
        self.assertEqual(gzip.decompress(base64.b64decode(packed["body"])).decode(), plain["body"])
        self.assertEqual(plain["body"], (ROOT / "functions/console/src/page" / Path(path).name).read_text("utf-8"))

    def test_console_keeps_who_signed_in_and_what_they_add(self):
        token = issue("console")
        signed_in = invoke("console", request("POST /v1/console/session", token=token))
        self.assertEqual(signed_in["statusCode"], 204)
        (cookie,) = signed_in["cookies"]
        order = {"title": "Fila", "url": "https://lookerstudio.google.com/s/abcdefgh"}
        ours = {"x-premium-console": "1", "sec-fetch-site": "same-origin"}
        asked = [request("POST /v1/reports", body=order, headers=headers) for headers in (ours, {})]
        asked += [request(f"GET {path}", headers=ours) for path in ("/v1/reports", "/v1/settings")]
        cookies = [cookie.split("; ")[0], "a=b"]
        added, forged, listed, settings = invoke("console", *({**event, "cookies": cookies} for event in asked))
        self.assertEqual((added["statusCode"], forged["statusCode"]), (201, 401), forged)
        self.assertEqual(payload(listed)["reports"], [payload(added)])
        self.assertEqual(settings["statusCode"], 200)
        me = invoke("token", {**request("GET /v1/me", headers=ours), "cookies": cookies})
        self.assertEqual(payload(me)["account"], ACCOUNT)

    def test_what_a_token_sends_and_reads_has_the_limits_that_the_environment_sets(self):
        report, writer = issue("report"), issue("ingest")
        limits = {"PREMIUM_SESSIONS_PER_MINUTE": "1", "PREMIUM_ROWS_PER_MINUTE": "1"}
        post = request("POST /v1/sessions", token=writer, body=session("limitada"))
        read = request("GET /v1/export", token=report, query="fields=session_id")
        for name, event in (("ingest", post), ("data", read)):
            minute_with(20)
            with Function(BINARIES / name, STACK.environment | limits) as function:
                served, refused = function.invoke(event), function.invoke(event)
            self.assertEqual((served["statusCode"], refused["statusCode"]), (200, 429), refused)
            self.assertLessEqual(int(refused["headers"]["retry-after"]), 60)

    def test_instances_hold_an_address_to_its_limit_together_whatever_headers_say(self):
        settings = STACK.environment | {"PREMIUM_FAILURES_PER_MINUTE": "4"}
        admin = STACK.local["admin_token"]

        def status(instance, token, address="198.51.100.9"):
            event = request("GET /v1/me", token=token, headers={"x-forwarded-for": f"203.0.113.{random.randrange(256)}"})
            event["requestContext"]["http"]["sourceIp"] = address
            return instance.invoke(event)["statusCode"]

        minute_with(20)
        with Function(BINARIES / "token", settings) as first, Function(BINARIES / "token", settings) as second:
            wrong = [status(instance, admin[:-4] + "AAAA") for _ in range(3) for instance in (first, second)]
            self.assertEqual(wrong, [401] * 4 + [429] * 2)
            for instance in (first, second):
                self.assertEqual(status(instance, admin), 200)
                self.assertEqual(status(instance, admin[:-4] + "AAAA", "198.51.100.10"), 401)


class Archive(unittest.TestCase):
    def test_a_stream_record_becomes_a_segment_and_the_session_stays_one_row(self):
        report, writer = issue("report"), issue("ingest")
        invoke("ingest", request("POST /v1/sessions", token=writer, body=session("arquivada")))
        self.assertEqual(wait_for(lambda: rows_of("arquivada", report)), [["arquivada", "finished"]])
        before = self.segments()

        answer = invoke("archive", self.event(f"session#{ACCOUNT}#arquivada"))

        self.assertEqual(answer, {"batchItemFailures": []})
        added = self.segments() - before
        self.assertTrue(added, "the batch added a segment to the manifest")
        self.assertEqual(rows_of("arquivada", report), [["arquivada", "finished"]])

    def test_a_batch_makes_its_account_due_and_maintain_says_what_it_did(self):
        report, writer = issue("report"), issue("ingest")
        invoke("ingest", request("POST /v1/sessions", token=writer, body=session("cuidada")))
        self.assertEqual(wait_for(lambda: rows_of("cuidada", report)), [["cuidada", "finished"]])
        key = {"pk": {"S": f"due#{ACCOUNT}"}, "sk": {"S": "due"}}
        listed = STACK.dynamodb().get_item(TableName=STACK.aws["table"], Key=key)
        self.assertIn("noted_at", listed.get("Item", {}), "the account is in the list of what is due")
        scheduled = json.loads((EVENTS / "schedule.json").read_text(encoding="utf-8"))

        empty, answer = invoke("maintain", {}, scheduled)

        for one in (empty, answer):
            told = {"discovered", "turns", "done", "failures", "quarantined", "busy", "left_due", "oldest_due_seconds"}
            self.assertEqual(set(one), told)
            self.assertEqual((one["failures"], one["busy"]), (0, 0))
        with self.assertRaises(FunctionError):
            invoke("maintain", [])

    def test_maintain_rebuilds_days_on_an_operator_s_order_and_follows_no_other(self):
        report, writer = issue("report"), issue("ingest")
        invoke("ingest", request("POST /v1/sessions", token=writer, body=session("refeita")))
        self.assertEqual(wait_for(lambda: rows_of("refeita", report)), [["refeita", "finished"]])
        today = datetime.now(UTC).date()
        days = {"start": (today - timedelta(days=1)).isoformat(), "end": today.isoformat()}

        rebuilt = invoke("maintain", {"rebuild": ACCOUNT, **days})

        self.assertEqual(set(rebuilt), {"days", "left", "sessions", "agrees", "receipts", "healed"})
        self.assertEqual((rebuilt["days"], rebuilt["left"], rebuilt["agrees"], rebuilt["healed"]), (2, None, True, 0))
        self.assertGreater(rebuilt["sessions"], 0)
        self.assertEqual(rows_of("refeita", report), [["refeita", "finished"]])
        for order in ({"rebuild": ACCOUNT}, {"rebuild": "?", **days}, {"rebuild": ACCOUNT, "day": 1, **days}):
            with self.assertRaises(FunctionError):
                invoke("maintain", order)

    def event(self, pk):
        """The record that DynamoDB would send for an item as it is in the table now."""
        event = copy.deepcopy(json.loads((EVENTS / "stream.json").read_text(encoding="utf-8")))
        key = {"pk": {"S": pk}, "sk": {"S": "session"}}
        item = STACK.dynamodb().get_item(TableName=STACK.aws["table"], Key=key)["Item"]
        image = {name: self.attribute(value) for name, value in item.items()}
        event["Records"][0]["dynamodb"] |= {"Keys": key, "NewImage": image, "ApproximateCreationDateTime": time.time()}
        return event

    def attribute(self, value):
        ((kind, content),) = value.items()
        return {kind: base64.b64encode(content).decode() if kind == "B" else content}

    def segments(self):
        pages = (
            STACK.dynamodb()
            .get_paginator("query")
            .paginate(
                TableName=STACK.aws["table"],
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": {"S": f"manifest#{ACCOUNT}"}},
            )
        )
        return {item["sk"]["S"] for page in pages for item in page["Items"]}


if __name__ == "__main__":
    unittest.main()
