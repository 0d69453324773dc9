"""A stand-in for Lambda's Runtime API: starts a function's binary and hands it events, one at a time, as Lambda does.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

VERSION = "/2018-06-01/runtime"


class FunctionError(Exception):
    """The function reported an error, ended, or said nothing in time."""


class Server(ThreadingHTTPServer):
    """A thread for each connection. When the other side ends, its connections break, and that is no error."""

    def handle_error(self, *details):
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(*details)


class Function:
    """A running binary. Use it with `with`: it ends when the block does. `clock` gives its time in seconds."""

    def __init__(self, binary, environment=None, timeout=29, clock=time.time):
        self.binary, self.timeout, self.clock = str(binary), timeout, clock
        self.environment = {**os.environ, **(environment or {})}
        self.events, self.answers, self.ready = queue.Queue(), queue.Queue(), threading.Event()
        self.log = tempfile.TemporaryFile()

    def __enter__(self):
        self.server = Server(("127.0.0.1", 0), type("Handler", (Handler,), {"function": self}))
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        host, port = self.server.server_address
        lambda_environment = {
            "AWS_LAMBDA_RUNTIME_API": f"{host}:{port}",
            "AWS_LAMBDA_FUNCTION_NAME": os.path.basename(self.binary),
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
            # lambda_runtime sets it for each event. A variable that is new may move the whole environment, which
            # libfaketime reads in other threads meanwhile; one that is there is replaced in its place.
            "_X_AMZN_TRACE_ID": "",
        }
        started = time.perf_counter()
        self.process = subprocess.Popen(
            [self.binary], env={**self.environment, **lambda_environment}, stdout=self.log, stderr=subprocess.STDOUT
        )
        ends = time.monotonic() + self.timeout
        while not self.ready.wait(0.1):
            if time.monotonic() > ends or self.process.poll() is not None:
                self.process.kill()
                self.process.wait()
                said = self.output()
                self.__exit__()
                raise FunctionError(f"{self.binary} ended or asked for no event\n{said}")
        self.init_seconds = self.ready_at - started
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.server.shutdown()
        self.server.server_close()
        self.log.close()

    def invoke(self, event):
        """The function's answer to an event, parsed."""
        self.events.put((uuid.uuid4().hex, json.dumps(event).encode()))
        ends = time.monotonic() + self.timeout
        while time.monotonic() < ends and self.process.poll() is None:
            try:
                kind, body = self.answers.get(timeout=0.1)
            except queue.Empty:
                continue
            if kind == "response":
                return json.loads(body)
            raise FunctionError(f"{self.binary}: {body.decode()}\n{self.output()}")
        raise FunctionError(f"{self.binary} ended or gave no answer within {self.timeout} s\n{self.output()}")

    def output(self):
        """What the function has logged so far."""
        self.log.seek(0)
        return self.log.read().decode(errors="replace")


class Handler(BaseHTTPRequestHandler):
    """The four addresses of the Runtime API; `function` is set for each server."""

    function = None
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path != f"{VERSION}/invocation/next":
            return self.answer(404)
        if not self.function.ready.is_set():
            self.function.ready_at = time.perf_counter()
            self.function.ready.set()
        request_id, event = self.function.events.get()
        deadline = int((self.function.clock() + self.function.timeout) * 1000)
        arn = f"arn:aws:lambda:sa-east-1:000000000000:function:{os.path.basename(self.function.binary)}"
        self.answer(
            200,
            event,
            {
                "Lambda-Runtime-Aws-Request-Id": request_id,
                "Lambda-Runtime-Deadline-Ms": str(deadline),
                "Lambda-Runtime-Invoked-Function-Arn": arn,
                "Lambda-Runtime-Trace-Id": f"Root=1-{request_id[:8]}-{request_id[8:]};Sampled=0",
            },
        )

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        kind = self.path.rsplit("/", 1)[-1]
        if not self.path.startswith(VERSION) or kind not in ("response", "error"):
            return self.answer(404)
        self.answer(202)
        self.function.answers.put((kind, body))

    def answer(self, status, body=b"", headers=None):
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Nothing: what the functions log is what matters."""
