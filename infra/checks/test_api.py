"""The description of the API: whole, true, and kept by the server whatever is sent to it (schemathesis)."""

import copy
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request
from pathlib import Path

import openapi_spec_validator

from api_description import answered, closed, described, examples, faults, hidden, operations, scopes, without_portuguese
from test_lambda import PNG, Stack

HERE = Path(__file__).parent
# The account that the examples name, and the day before those of their sessions.
ACCOUNT, STARTS_ON = "loja", "2026-10-01"
# The dictionary describes each member of these; their examples are sessions as platforms send them.
SESSIONS = ("FlatSession", "NestedSession")
# With which tokens schemathesis asks, and how much. With an admin token it revokes none: the list of tokens has that token
# itself, and whoever is only refused shows nothing.
PASSES = {
    "report": ["--phases=examples,fuzzing", "--max-examples=10"],
    "ingest": ["--phases=examples,fuzzing", "--max-examples=10"],
    # Signing out revokes a console's token, which the pass goes on with.
    "console": [
        "--phases=examples,coverage,fuzzing,stateful", "--max-examples=20", "--exclude-operation-id=signOut"
    ],
    "admin": ["--phases=examples,coverage,fuzzing", "--max-examples=20", "--exclude-operation-id=revokeToken"],
}


def setUpModule():
    global FOLDER, STACK, DESCRIPTION
    FOLDER = tempfile.TemporaryDirectory()
    STACK = Stack(FOLDER.name)
    DESCRIPTION = call("GET", "/v1/openapi.json")


def tearDownModule():
    STACK.stop()
    FOLDER.cleanup()


def fetch(method, address, data=None, headers=()):
    with urllib.request.urlopen(urllib.request.Request(address, data, dict(headers), method=method)) as answer:
        return answer.read()


def call(method, path, body=None, token=None):
    headers = {"Authorization": f"Bearer {token or STACK.local['admin_token']}"}
    data = None if body is None else json.dumps(body).encode()
    return json.loads(fetch(method, STACK.local["url"] + path, data, headers))


def issue(scope):
    return call("POST", "/v1/tokens", {"scope": scope} if scope == "admin" else {"scope": scope, "account": ACCOUNT})


def media_link():
    """The link of a file that a stored session names."""
    file = {"account": ACCOUNT, "filename": "a.png", "content_type": "image/png", "size": len(PNG)}
    media = call("POST", "/v1/media", file)
    fetch(media["upload"]["method"], media["upload"]["url"], PNG, media["upload"]["headers"])
    talk = {"origin": "contact", "created_at": "2026-10-03T10:00:00Z", "storage_id": media["storage_id"]}
    session = {"session_id": "com-arquivo", "created_at": "2026-10-03T10:00:00Z", "talks": [talk]}
    call("POST", f"/v1/sessions?account={ACCOUNT}", session)
    asked = {"account": ACCOUNT, "configParams": {"report_type": "talks"}, "fields": [{"name": "media_url"}]}
    ends = time.monotonic() + 30
    while not (rows := call("POST", "/v1/data", asked)["rows"]):
        assert time.monotonic() < ends, "the session did not become readable"
        time.sleep(0.2)
    return rows[0]["values"][0].rsplit("/", 1)[1]


def persons():
    """Values of the addresses about persons: one to be erased, one to be exported, and the receipt of another."""
    post = {"created_at": "2026-10-03T10:00:00Z"}
    names = ["apagada", "exportada", "comprovada"]
    for name in names:
        session = {**post, "session_id": f"de-{name}", "contact_id": f"c-{name}", "contact_name": name}
        call("POST", f"/v1/sessions?account={ACCOUNT}", session)
    ends, found = time.monotonic() + 30, {}
    while len(found) < len(names):
        assert time.monotonic() < ends, "the sessions did not become readable"
        for name in names:
            for person in call("GET", f"/v1/people?account={ACCOUNT}&q=c-{name}")["people"]:
                found[name] = person["person"]
        time.sleep(0.2)
    ordered = call("DELETE", f"/v1/people/{found['comprovada']}?account={ACCOUNT}")
    return {
        ("/v1/people/{person}", "person"): found["apagada"],
        ("/v1/people/{person}/export", "person"): found["exportada"],
        ("/v1/erasures/{receipt_id}", "receipt_id"): ordered["receipt_id"],
    }


def filled(scope, link, people):
    """The description with examples that this stack has, where the written ones are ids that were made up; and with answers
    that hold only what is described. Clients have to put up with more, but nobody shall forget to describe it."""
    known = copy.deepcopy(DESCRIPTION)
    for _, content in answered(known):
        content["schema"] = closed(known, content["schema"])
    schemas = known["components"]["schemas"]
    if scope != "admin":
        # Any other account is only refused.
        schemas["AccountId"], schemas["AccountInBody"] = {"enum": [ACCOUNT]}, {"enum": [ACCOUNT, None]}
    report = schemas["ReportRequest"]["examples"][0]
    page = fetch("GET", STACK.local["url"] + "/docs").decode()
    values = people | {
        "link": link,
        "version": re.search("assets/([^/]+)/", page)[1],
        ("/v1/tokens/{id}", "id"): issue("report")["id"],
        ("/v1/reports/{id}", "id"): call("POST", f"/v1/reports?account={ACCOUNT}", report)["id"],
    }
    for path, _, _, parameters in operations(known):
        for one in parameters:
            for name in (one["name"], (path, one["name"])):
                if name in values:
                    one["example"] = values[name]
    return known


class Described(unittest.TestCase):
    def test_the_description_is_openapi(self):
        openapi_spec_validator.validate(DESCRIPTION)

    def test_everything_has_examples_that_fit_and_show_each_of_its_members(self):
        wrong = []
        for place, holder in described(DESCRIPTION):
            values = examples(DESCRIPTION, holder)
            wrong += [f"{place} has no example"] if not values else []
            wrong += [f"{place}: {fault}" for fault in faults(DESCRIPTION, holder["schema"], values)]
            wrong += [f"{place} shows no {member}" for member in hidden(holder["schema"], values) if place not in SESSIONS]
        self.assertEqual(wrong, [])

    def test_every_text_is_in_portuguese_too(self):
        self.assertEqual(list(without_portuguese(DESCRIPTION)), [])

    def test_every_operation_that_takes_a_token_says_its_scopes_in_both_languages(self):
        for path, method, operation, _ in operations(DESCRIPTION):
            english, portuguese = scopes(operation)
            self.assertEqual(english, portuguese, f"{method} {path}")
            self.assertEqual(bool(english), operation.get("security") != [], f"{method} {path}")


class Asked(unittest.TestCase):
    """What schemathesis makes of the description is sent to the server, which answers as the description says: no status,
    type, header or member besides, no 5xx, nothing without a token, nothing that a schema excludes."""

    def test_the_server_keeps_to_the_description(self):
        issue("report")
        call("PATCH", "/v1/account", {"account": ACCOUNT, "starts_on": STARTS_ON})
        link, people = media_link(), persons()
        succeeded = set()
        for scope, options in PASSES.items():
            token = issue(scope)["token"]
            for operation, status in self.answers(filled(scope, link, people), token, options):
                if status < 400:
                    succeeded.add(operation)
            self.assertEqual(call("GET", "/v1/me", token=token)["scope"], scope, "the token is still good")
        wanted = {f"{method.upper()} {path}" for path, method, _, _ in operations(DESCRIPTION)}
        self.assertEqual(wanted - succeeded, set(), "these were only refused")

    def answers(self, description, token, options):
        """Operation and status of every answer, once schemathesis finds nothing wrong."""
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "openapi.json").write_text(json.dumps(description), encoding="utf-8")
            answers = Path(folder, "answers")
            command = [Path(sys.executable).with_name("st"), "--config-file", HERE / "schemathesis.toml", "run", "openapi.json"]
            command += ["--url", STACK.local["url"], "--header", f"Authorization: Bearer {token}", "--no-color", *options]
            hooks = {"SCHEMATHESIS_HOOKS": str(HERE / "api_hooks.py"), "PREMIUM_ANSWERS": str(answers)}
            done = subprocess.run(command, cwd=folder, env=os.environ | hooks, capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            lines = [line.rsplit(" ", 1) for line in answers.read_text(encoding="utf-8").splitlines()]
            return [(operation, int(status)) for operation, status in lines]


if __name__ == "__main__":
    unittest.main()
