"""Amazon's DynamoDB Local, and its stream as Lambda delivers it."""

import base64
import socket
import subprocess
import time
import urllib.error
import urllib.request

import boto3

from transform import ROOT

EMULATOR = ROOT / "infra/checks/dynamodb-local/node_modules/amplify-dynamodb-simulator/emulator"
REGION = "sa-east-1"
TABLE = "premium-simulated"


class DynamoDbLocal:
    """Amazon's DynamoDB Local, in memory."""

    def __init__(self, memory="3g"):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = ["java", f"-Xmx{memory}", "-Djava.library.path=./DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar"]
        options = ["-inMemory", "-sharedDb", "-disableTelemetry", "-port", str(port)]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(command + options, cwd=EMULATOR, **quiet)
        self.endpoint = f"http://127.0.0.1:{port}"
        wait_for(self.answers, "DynamoDB Local")

    def answers(self):
        assert self.process.poll() is None, "DynamoDB Local ended"
        try:
            urllib.request.urlopen(self.endpoint).close()
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    def client(self, service="dynamodb"):
        keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
        return boto3.client(service, region_name=REGION, endpoint_url=self.endpoint, **keys)

    def close(self):
        self.process.kill()
        self.process.wait()


def wait_for(condition, what, seconds=60):
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, f"{what} did not start"
        time.sleep(0.1)


class Stream:
    """The table's stream, read from its beginning, as the records that Lambda hands to a function."""

    def __init__(self, client):
        self.client, self.iterators, self.known = client, {}, set()
        self.arn = None

    def records(self):
        """What has come since the last call, in order."""
        self.arn = self.arn or self.client.list_streams(TableName=TABLE)["Streams"][0]["StreamArn"]
        self.open_shards()
        found = []
        for shard in list(self.iterators):
            while iterator := self.iterators[shard]:
                page = self.client.get_records(ShardIterator=iterator, Limit=1000)
                self.iterators[shard] = page.get("NextShardIterator")
                found += map(event_record, page["Records"])
                if not page["Records"]:
                    break
        return found

    def open_shards(self):
        for shard in self.client.describe_stream(StreamArn=self.arn)["StreamDescription"]["Shards"]:
            if shard["ShardId"] not in self.known:
                wanted = {"StreamArn": self.arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
                self.iterators[shard["ShardId"]] = self.client.get_shard_iterator(**wanted)["ShardIterator"]
                self.known.add(shard["ShardId"])


def event_record(record):
    """A record as Lambda delivers it: bytes as base64, its time in seconds."""
    change = dict(record["dynamodb"])
    change["ApproximateCreationDateTime"] = change["ApproximateCreationDateTime"].timestamp()
    for part in ("Keys", "NewImage", "OldImage"):
        if part in change:
            change[part] = {name: plain(value) for name, value in change[part].items()}
    kept = ("eventID", "eventName", "eventVersion", "eventSource", "awsRegion")
    return {**{name: record[name] for name in kept}, "dynamodb": change, "eventSourceARN": TABLE}


def plain(value):
    ((kind, inner),) = value.items()
    return {kind: base64.b64encode(inner).decode()} if kind == "B" else value
