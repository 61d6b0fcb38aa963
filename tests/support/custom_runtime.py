"""Custom runtimes for the tests: programs that speak the Lambda Runtime API."""

import sys
from pathlib import Path
from textwrap import dedent

PLAIN = f"""
    #!{sys.executable}
    import http.client, json, os, sys

    API = "/2018-06-01/runtime/invocation"
    host, port = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")
    server = http.client.HTTPConnection(os.environ.get("PREFIX", "") + host, int(port))


    def serve(handler):
        while True:
            server.request("GET", f"{{API}}/next")
            response = server.getresponse()
            request_id = response.headers["Lambda-Runtime-Aws-Request-Id"]
            answer = json.dumps(handler(json.loads(response.read())))
            server.request("POST", f"{{API}}/{{request_id}}/response", answer)
            server.getresponse().read()
"""
"""A small runtime in Python. What follows it calls `serve` with a handler of the event."""


def program(file: Path, *text: str) -> Path:
    """Write an executable program, made of these parts."""
    file.write_text("\n".join(dedent(part).strip() for part in text) + "\n")
    file.chmod(0o700)
    return file
