"""Output of functions in the log of `poolhouse dev`."""

from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from cli.functions import Confirmation, trigger
from cli.programs import Server

FAILING = {
    "app.py": (
        """\
        def handler(event, context):
            print("one\\ntwo \\33[2J")
            raise ValueError("boom")
        """,
        [
            "one",
            "two \\x1b[2J",
            "Traceback (most recent call last):",
            '  File "{file}", line 3, in handler',
            '    raise ValueError("boom")',
            "ValueError: boom",
        ],
    ),
    "app.mjs": (
        """\
        export const handler = async () => {
          console.log("one\\ntwo");
          throw new RangeError("boom", { cause: new TypeError("why") });
        };
        """,
        [
            "one",
            "two",
            "RangeError: boom",
            "    at handler (file://{file}:3:9) {{",
            "  [cause]: TypeError: why",
            "      at handler (file://{file}:3:41)",
            "}}",
        ],
    ),
    "broken.py": (
        "def handler(event, context:\n",
        [
            '  File "{file}", line 1',
            "    def handler(event, context:",
            "               ^",
            "SyntaxError: '(' was never closed",
        ],
    ),
}


@pytest.mark.parametrize("name", FAILING)
def test_dev_function_output_has_the_functions_name_and_no_frames_of_the_runtime(
    tmp_path: Path, name: str
) -> None:
    text, printed = FAILING[name]
    with Server(tmp_path, "dev", "--memory", *trigger(tmp_path, name, text)) as server:
        confirmation = Confirmation(server)
        with pytest.raises(ClientError, match="PostConfirmation failed with error"):
            confirmation.confirm()
        lines = server.end().splitlines()
    file = tmp_path / "functions" / name
    assert [line for line in lines if line.startswith("[")] == [
        f"[welcome] {line.format(file=file)}" for line in printed
    ]
