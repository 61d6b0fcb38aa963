"""The parts of a Lambda function's ARN."""

import re
from typing import Final

import msgspec

_ARN: Final = re.compile(
    r"arn:aws[a-z-]*:lambda:(?P<region>[a-z0-9-]+):[0-9]{12}"
    r":function:(?P<name>[A-Za-z0-9_-]{1,64})(:(?P<qualifier>[A-Za-z0-9$_-]{1,128}))?"
)
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


class FunctionArn(msgspec.Struct, frozen=True, kw_only=True):
    """`arn:aws:lambda:<region>:<account>:function:<name>[:<version or alias>]`."""

    region: str
    name: str
    version: str


def parse(arn: str) -> FunctionArn | None:
    """Parse the ARN of a function, or return None. Without a qualifier it is `$LATEST`."""
    found = _ARN.fullmatch(arn)
    if found is None:
        return None
    return FunctionArn(
        region=found["region"], name=found["name"], version=found["qualifier"] or "$LATEST"
    )


def is_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None


def candidates(arn: str) -> tuple[str, ...]:
    """Return the names that a configuration may have for this function, the most exact first."""
    function = parse(arn)
    if function is None:
        return (arn,)
    return (arn, arn.removesuffix(f":{function.version}"), function.name)
