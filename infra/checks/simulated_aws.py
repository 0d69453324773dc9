"""The functions' binaries on servers that count, under a clock that can be set: months pass in minutes.

The table is in Amazon's DynamoDB Local, which says what each request would be billed; buckets and key are those of
`premium serve`. libfaketime (Debian's package `faketime`) gives every process but DynamoDB Local the clock's time.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import boto3

import runtime_api
from counting_proxy import Proxy
from dynamodb_local import REGION, TABLE, DynamoDbLocal, Stream, wait_for
from http_events import payload, request
from transform import ROOT, transform

TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
FAKETIME = (
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
)
SECRET = "0123456789abcdef" * 4
# How many seconds a replaced segment stays at most: 25 hours, and until the next look.
REPLACED_FOR = 27 * 3_600
LAKE_BUCKET, MEDIA_BUCKET = "premium-simulated-lake", "premium-simulated-media"
BUCKETS = {"PREMIUM_LAKE_BUCKET": LAKE_BUCKET, "PREMIUM_MEDIA_BUCKET": MEDIA_BUCKET}


class Clock:
    """The time that the simulated processes see: the machine's, moved forward. Seconds since 1970."""

    def __init__(self, folder):
        self.file, self.offset = Path(folder, "clock"), 0.0
        self.set(time.time())

    def now(self):
        return time.time() + self.offset

    def set(self, seconds):
        """Moves forward to this time; never back."""
        self.offset = max(self.offset, seconds - time.time())
        fresh = self.file.with_suffix(".new")
        fresh.write_text(f"+{self.offset:.6f}\n", encoding="ascii")
        fresh.rename(self.file)

    def environment(self):
        library = next((path for path in FAKETIME if os.path.exists(path)), None)
        assert library, "libfaketime is missing: `infra/setup.sh tests` installs it"
        return {"LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": str(self.file), "FAKETIME_NO_CACHE": "1"}


class SimulatedAws:
    """Servers with the template's table and nothing in it. `profile` says which build of the functions runs."""

    def __init__(self, profile="release"):
        self.folder = tempfile.mkdtemp()
        self.clock = Clock(self.folder)
        self.binaries, self.functions = TARGET / profile, []
        self.dynamodb_local = DynamoDbLocal()
        self.serve = self.start_servers()
        self.aws = json.loads(Path(self.folder, "aws.json").read_text(encoding="utf-8"))
        self.create_buckets()
        self.dynamodb = self.dynamodb_local.client()
        self.create_table()
        self.stream = Stream(self.dynamodb_local.client("dynamodbstreams"))
        self.token, self.admin = self.function("token"), None

    def start_servers(self):
        """`premium serve`, of which S3 and the key are used.

        Its own table and buckets stay empty, for its own maintenance would delete whatever its table does not name. What
        waits in it sees the clock jump, and complains.
        """
        command = [TARGET / "debug/premium", "serve", "--no-demo", "--listen", "127.0.0.1:0", "--data", self.folder]
        environment = {**os.environ, **self.clock.environment()}
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        process = subprocess.Popen(command, env=environment, **quiet)
        wait_for(Path(self.folder, "local.json").exists, "premium serve")
        return process

    def create_buckets(self):
        keys = {"aws_access_key_id": self.aws["access_key"], "aws_secret_access_key": self.aws["secret_key"]}
        s3 = boto3.client("s3", region_name=REGION, endpoint_url=self.aws["s3"], **keys)
        for bucket in BUCKETS.values():
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})

    def create_table(self):
        wanted = transform()["Resources"]["Table"]["Properties"]
        kept = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
        stream = {**wanted["StreamSpecification"], "StreamEnabled": True}
        options = {name: wanted[name] for name in kept}
        self.dynamodb.create_table(TableName=TABLE, StreamSpecification=stream, **options)

    def function(self, name):
        """A running function, behind proxies of its own."""
        function = SimulatedFunction(self, name)
        self.functions.append(function)
        return function

    def issue(self, scope, account=None):
        """A new token of an account, or of an operator.

        The secret issues the first operator's. It issues all others, until there is a newer one, for each lives a year.
        """
        if not self.admin:
            self.admin = self.issued(SECRET, {"scope": "admin", "label": "simulated"})
        if scope == "admin":
            self.admin = self.issued(self.admin, {"scope": "admin"})
            return self.admin
        return self.issued(self.admin, {"scope": scope, "account": account})

    def issued(self, by, body):
        return payload(self.token.invoke(request("POST /v1/tokens", token=by, body=body)))["token"]

    def objects(self, bucket):
        """The size of each object by its key, read from the folder: a request would have the wrong time."""
        found = {}
        for file in Path(self.folder, "objects", bucket).glob("*/*"):
            content = file.read_bytes()
            length = int.from_bytes(content[-4:], "big")
            description = json.loads(content[-4 - length : -4])
            found[description["key"]] = description["size"]
        return found

    def items(self, partition):
        """The sort keys of a partition."""
        query = {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": {"S": partition}}}
        pages = self.dynamodb.get_paginator("query").paginate(TableName=TABLE, ProjectionExpression="sk", **query)
        return [item["sk"]["S"] for page in pages for item in page["Items"]]

    def overdue(self, account):
        """How many replaced segments of an account are there still that should have been deleted."""
        # replaced#{class of lifetime}#{when, in microseconds}#{id}
        replaced = [sk.split("#") for sk in self.items(f"manifest#{account}") if sk.startswith("replaced#")]
        return sum(int(parts[2]) / 1e6 < self.clock.now() - REPLACED_FOR for parts in replaced)

    def expire(self):
        """Deletes the items whose time is over, as DynamoDB does; its own clock stands still here."""
        now, items = str(int(self.clock.now())), {"TableName": TABLE}
        items |= {"FilterExpression": "expires_at < :now", "ExpressionAttributeValues": {":now": {"N": now}}}
        for page in self.dynamodb.get_paginator("scan").paginate(ProjectionExpression="pk, sk", **items):
            for key in page["Items"]:
                self.dynamodb.delete_item(TableName=TABLE, Key=key)

    def close(self):
        for function in self.functions:
            function.close()
        self.serve.terminate()
        self.serve.wait(30)
        self.dynamodb_local.close()
        shutil.rmtree(self.folder)


class SimulatedFunction:
    """One warm instance of a function: what it calls is counted at `dynamodb`, `s3` and `kms`."""

    def __init__(self, aws, name):
        origins = {"dynamodb": aws.dynamodb_local.endpoint, "s3": aws.aws["s3"], "kms": aws.aws["kms"]}
        self.proxies = {service: Proxy(service, origin, aws.clock) for service, origin in origins.items()}
        self.name = name
        endpoints = {f"AWS_ENDPOINT_URL_{name.upper()}": proxy.url for name, proxy in self.proxies.items()}
        environment = {
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": aws.aws["access_key"],
            "AWS_SECRET_ACCESS_KEY": aws.aws["secret_key"],
            "PREMIUM_TABLE": TABLE,
            **BUCKETS,
            "PREMIUM_KEY": aws.aws["key"],
            "PREMIUM_PUBLIC_URL": "https://relatorios.example",
            "PREMIUM_BOOTSTRAP_SECRET": SECRET,
            **endpoints,
            **aws.clock.environment(),
        }
        self.function = runtime_api.Function(aws.binaries / name, environment, timeout=120, clock=aws.clock.now)
        self.function.__enter__()
        self.clear()

    dynamodb = property(lambda self: self.proxies["dynamodb"])
    s3 = property(lambda self: self.proxies["s3"])
    kms = property(lambda self: self.proxies["kms"])

    def invoke(self, event):
        self.invocations += 1
        return self.function.invoke(event)

    def calls(self):
        """How many requests it has sent to each service."""
        return {service: proxy.requests.total() for service, proxy in self.proxies.items()}

    def cpu_seconds(self):
        """What its process has taken of a processor so far."""
        text = Path(f"/proc/{self.function.process.pid}/stat").read_text(encoding="ascii")
        fields = text.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def logged_bytes(self):
        return os.fstat(self.function.log.fileno()).st_size

    def clear(self):
        """Counts from zero on."""
        self.invocations, self.cpu_before, self.logged_before = 0, self.cpu_seconds(), self.logged_bytes()
        for proxy in self.proxies.values():
            proxy.clear()

    def close(self):
        self.function.__exit__()
        for proxy in self.proxies.values():
            proxy.close()


def progress(text):
    """Shows where a long run is, to whoever watches."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()
