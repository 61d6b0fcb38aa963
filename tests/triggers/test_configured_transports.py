"""Lines of configuration, and the sentences for those that are wrong."""

from collections.abc import Callable
from pathlib import Path

import pytest
from support.trigger_world import ARN

from poolhouse.triggers.factory import TransportDependencies, rooted, transport
from poolhouse.triggers.transports.lambda_api import LambdaApi
from poolhouse.triggers.transports.local import LocalHandler
from poolhouse.triggers.transports.webhook import Webhook

Write = Callable[[str, str], Path]


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ("lambda+https://lambda.us-east-1.amazonaws.com", LambdaApi),
        ("lambda+http://localhost:9001/", LambdaApi),
        ("lambda+http://[::1]:9001/function", LambdaApi),
        ("https://example.com/pre-sign-up?tenant=1", Webhook),
        ("functions/app.py:handler", LocalHandler),
        ("functions/app.handler", LocalHandler),
        ("functions/pre-sign.up.mjs:handler", LocalHandler),
        ("functions/pre-sign.up.handler", LocalHandler),
        ("exec:functions/bootstrap", LocalHandler),
        ("exec:./functions/bootstrap:app.handler", LocalHandler),
    ],
)
@pytest.mark.parametrize("function", [ARN, f"{ARN}:live", "welcome", "*"])
def test_transport_line_selects_its_transport(
    means: TransportDependencies, write: Write, function: str, place: str, kind: type
) -> None:
    write("functions/app.py", "")
    write("functions/pre-sign.up.mjs", "")
    write("functions/bootstrap", "#!/bin/sh").chmod(0o700)
    assert type(transport(function, place, means)) is kind


@pytest.mark.parametrize(
    ("function", "place", "mistake"),
    [
        ("arn:aws:s3:::bucket", "http://x", "neither the ARN nor the name of a Lambda function"),
        ("", "http://x", "neither the ARN nor the name"),
        ("f", "lambda+ftp://x", "'ftp://x' is not an http:// or https:// address"),
        ("f", "lambda+http://", "is not an http:// or https:// address"),
        ("f", "http://x:99999/", "is not an http:// or https:// address"),
        ("f", "http://[x/", "is not an http:// or https:// address"),
        ("f", "ws://x/", "is not an http:// or https:// address"),
        ("f", "http://user:pass-phrase@x/", "no user, password or #fragment"),
        ("f", "ws://user:pass-phrase@x/", "no user, password or #fragment"),
        ("f", "https://x/#part", "no user, password or #fragment"),
        ("f", "lambda+http://x/a/b", "a function's name after the host, and nothing else"),
        ("f", "lambda+http://x/?a=b", "a function's name after the host, and nothing else"),
        ("f", "app.rb:handler", "'app.rb' is not a Python (.py) or Node (.js) file"),
        ("f", "missing.py:handler", "there is no file for 'missing.py:handler'"),
        ("f", "missing.handler", "there is no file for 'missing.handler'"),
        ("f", "app.py:", "does not end with the name of a function"),
        ("f", "app", "there is no file for 'app'"),
        ("f", "app.py", "'app.py' names no function: write app.py:handler"),
        ("f", "", "does not end with the name of a function"),
        ("f", "exec:missing", "there is no file 'missing'"),
        ("f", "exec:app.py", "'app.py' is not executable: chmod +x app.py"),
        ("f", "twin.handler", "could be twin.js and twin.py: write file:name"),
    ],
)
def test_transport_line_malformed_is_described(
    means: TransportDependencies, write: Write, function: str, place: str, mistake: str
) -> None:
    for name in ("app.py", "twin.js", "twin.py"):
        write(name, "")
    with pytest.raises(ValueError) as error:
        transport(function, place, means)
    assert mistake in str(error.value)
    assert "pass-phrase" not in str(error.value)


@pytest.mark.parametrize(
    ("place", "rooted_place"),
    [
        ("functions/app.py:handler", "/seeds/functions/app.py:handler"),
        ("/functions/app.py:handler", "/functions/app.py:handler"),
        ("exec:functions/bootstrap:app.handler", "exec:/seeds/functions/bootstrap:app.handler"),
        ("exec:/functions/bootstrap", "exec:/functions/bootstrap"),
        ("https://example.com/x", "https://example.com/x"),
        ("lambda+http://localhost:9001", "lambda+http://localhost:9001"),
    ],
)
def test_rooted_path_starts_at_the_folder(place: str, rooted_place: str) -> None:
    assert rooted(place, Path("/seeds")) == rooted_place
