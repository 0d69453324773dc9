"""A proxy in front of DynamoDB, S3 or KMS that counts what goes through it, as AWS would bill it."""

import http.client
import json
import re
import threading
import urllib.parse
from collections import Counter, defaultdict
from http.server import BaseHTTPRequestHandler

from runtime_api import Server

CAPACITY = "ReturnConsumedCapacity"
READS = ("GetItem", "Query", "BatchGetItem", "TransactGetItems")
WRITES = ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems", "ExecuteStatement")
# The value that a query asks one partition for: of the table, or of its index.
PARTITION = re.compile(r"(?:listing_)?pk\s*=\s*(:\w+)")
HOPS = {"connection", "keep-alive", "transfer-encoding", "content-length"}


class Proxy:
    """Listens at `url` and passes everything on to `origin`. `clock` gives the second in which a read happens."""

    def __init__(self, service, origin, clock):
        self.service, self.clock = service, clock
        self.origin = urllib.parse.urlsplit(origin).netloc
        self.lock = threading.Lock()
        self.clear()
        self.server = Server(("127.0.0.1", 0), type("Handler", (Handler,), {"proxy": self}))
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def clear(self):
        """Forgets what was counted.

        `requests` and `received` (bytes of answers) are by operation, `units` are read and write units as DynamoDB
        gives them, `heat` holds read units by partition and second.
        """
        self.requests, self.received, self.sent = Counter(), Counter(), Counter()
        self.units, self.heat = Counter(), defaultdict(float)

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def note(self, operation, asked, answer):
        """Counts one request and its answer, both as bytes."""
        with self.lock:
            self.requests[operation] += 1
            self.sent[operation] += len(asked)
            self.received[operation] += len(answer)
            if self.service == "dynamodb":
                self.note_units(operation, json.loads(asked), json.loads(answer or b"{}"))

    def note_units(self, operation, asked, answer):
        consumed = answer.get("ConsumedCapacity") or []
        units = sum(one["CapacityUnits"] for one in (consumed if isinstance(consumed, list) else [consumed]))
        if operation in WRITES:
            # A condition that does not hold is billed as the write that it prevented, but the answer does not say so.
            failed = "__type" in answer and re.search("ConditionalCheckFailed|DuplicateItem", json.dumps(answer))
            self.units["write"] += units or (1 if failed else 0)
        elif operation in READS:
            # A read that finds nothing is billed as one of the smallest item; DynamoDB Local says that it is free. Source:
            # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
            units = units or (1 if asked.get("ConsistentRead") or operation != "Query" else 0.5)
            self.units["read"] += units
            partitions = list(partitions_of(operation, asked))
            for partition in partitions:
                self.heat[partition, int(self.clock.now())] += units / len(partitions)


def partitions_of(operation, asked):
    """The partition keys that a request reads."""
    if operation == "GetItem":
        yield asked["Key"]["pk"]["S"]
    elif operation == "Query":
        name = PARTITION.search(asked["KeyConditionExpression"]).group(1)
        yield asked["ExpressionAttributeValues"][name]["S"]
    elif operation == "BatchGetItem":
        for table in asked["RequestItems"].values():
            yield from (key["pk"]["S"] for key in table["Keys"])


def s3_operation(method, path):
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(path).query, keep_blank_values=True)
    if method == "POST" and "delete" in query:
        return "DeleteObjects"
    if method == "GET" and "list-type" in query:
        return "ListObjectsV2"
    return {"GET": "GetObject", "PUT": "PutObject", "HEAD": "HeadObject", "DELETE": "DeleteObject"}[method]


class Handler(BaseHTTPRequestHandler):
    """Passes a request on. A connection keeps one of its own to the origin."""

    proxy = None
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    origin = None

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        target = self.headers.get("X-Amz-Target", "")
        operation = target.rpartition(".")[2] or s3_operation(self.command, self.path)
        if self.proxy.service == "dynamodb" and operation in READS + WRITES:
            body = json.dumps({**json.loads(body), CAPACITY: "TOTAL"}).encode()
        status, headers, answer = self.forward(body)
        self.proxy.note(operation, body, answer)
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in HOPS or (self.command == "HEAD" and name.lower() == "content-length"):
                self.send_header(name, value)
        if self.command != "HEAD":
            self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_PUT = do_DELETE = do_HEAD = do_POST

    def forward(self, body):
        """Asks the origin; once more where it has closed a connection that was idle."""
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOPS}
        headers["Content-Length"] = str(len(body))
        for attempt in (1, 2):
            if self.origin is None:
                self.origin = http.client.HTTPConnection(self.proxy.origin, timeout=60)
            try:
                self.origin.request(self.command, self.path, body, headers)
                answer = self.origin.getresponse()
                return answer.status, answer.getheaders(), answer.read()
            except (http.client.HTTPException, ConnectionError):
                self.origin.close()
                self.origin = None
                if attempt == 2:
                    raise

    def finish(self):
        if self.origin is not None:
            self.origin.close()
        super().finish()

    def log_message(self, *_):
        """Nothing: counting is enough."""
