"""Refusals of AWS: the code and the whole sentence, as an SDK shows them."""

import contextlib
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError


@contextlib.contextmanager
def refused(code: str, sentence: str | None = None) -> Iterator[None]:
    """The block must end in this error; without a sentence, AWS's isn't known."""
    with pytest.raises(ClientError) as caught:
        yield
    error = caught.value.response["Error"]
    assert error["Code"] == code
    if sentence is not None:
        assert error["Message"] == sentence
