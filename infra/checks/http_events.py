"""The events that API Gateway makes of requests, and what the functions answer to them."""

import base64
import gzip
import json
from pathlib import Path

EVENTS = Path(__file__).with_name("events")


def request(route, path=None, token=None, body=None, headers=None, query=""):
    """The event that API Gateway makes of a request; bytes travel as base64."""
    event = json.loads((EVENTS / "http.json").read_text(encoding="utf-8"))
    method, pattern = route.split(" ")
    path = path or pattern
    event |= {"rawPath": path, "rawQueryString": query, "routeKey": "$default" if pattern == "$default" else route}
    event["requestContext"]["routeKey"] = event["routeKey"]
    event["requestContext"]["http"] |= {"method": method, "path": path}
    if token:
        event["headers"]["authorization"] = f"Bearer {token}"
    if body is not None:
        event["headers"]["content-type"] = "application/json"
        event["isBase64Encoded"] = isinstance(body, bytes)
        event["body"] = base64.b64encode(body).decode() if isinstance(body, bytes) else json.dumps(body)
        event["headers"]["content-length"] = str(len(event["body"]))
    event["headers"] |= headers or {}
    return event


def payload(answer):
    """The body of a function's answer, parsed."""
    body = answer.get("body") or "null"
    if answer.get("isBase64Encoded"):
        body = base64.b64decode(body)
        body = gzip.decompress(body) if answer["headers"].get("content-encoding") == "gzip" else body
    return json.loads(body)
