"""Servers with a local function behind PostConfirmation, and a user who waits to be confirmed."""

import os
from pathlib import Path
from textwrap import dedent
from typing import Any

from cli.programs import Server, cognito, root_key

ARN = "arn:aws:lambda:us-east-1:000000000000:function:welcome"


def trigger(folder: Path, name: str, text: str) -> tuple[str, str]:
    """Write the file of a handler; the flags that make it the function of ARN."""
    file = folder / "functions" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(dedent(text))
    return ("--trigger", f"welcome={file}:handler")


class Confirmation:
    """alice has signed up, and the pool's PostConfirmation is the function of ARN."""

    def __init__(self, server: Server, data: Path | None = None) -> None:
        """`data` has the key of the administrator; dev mode takes any."""
        self.cognito: Any = cognito(server.url, root_key(data) if data else ("any", "any"))
        made = self.cognito.create_user_pool(PoolName="p", LambdaConfig={"PostConfirmation": ARN})
        self.pool_id: str = made["UserPool"]["Id"]
        client = self.cognito.create_user_pool_client(UserPoolId=self.pool_id, ClientName="c")
        self.cognito.sign_up(
            ClientId=client["UserPoolClient"]["ClientId"],
            Username="alice",
            Password="Correct-horse-9",
        )

    def confirm(self) -> int:
        """Confirm alice; the status of the answer. Raises ClientError if the function fails."""
        answer = self.cognito.admin_confirm_sign_up(UserPoolId=self.pool_id, Username="alice")
        return int(answer["ResponseMetadata"]["HTTPStatusCode"])


def descendants(pid: int) -> list[int]:
    """A process and all that it or its children have started, as a service manager knows them."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                # After the program's name, which is in parentheses: the state, then the parent.
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(entry.name)] = int(fields[1])
    found = [pid]
    for each in found:
        found += [child for child, parent in parents.items() if parent == each]
    return found


def fifo(path: Path) -> Path:
    os.mkfifo(path)
    return path
