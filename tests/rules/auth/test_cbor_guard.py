"""Well-formed and hostile CBOR of authenticators (CTAP 2.1, section 8)."""

import contextlib

import cbor2
import hypothesis.strategies as st
import pytest
from hypothesis import given

from poolhouse.rules.auth.cbor_guard import MOST_ITEMS, NotPlain, end_of_item

PATTERN = "(?i)" + "".join(f"[{chr(256 + n)}-\uffff]" for n in range(4_000))
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**64), 2**64 - 1) | st.binary() | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.integers(-9, 9), inner),
    max_leaves=20,
)


@given(plain, st.binary())
def test_cbor_item_ends_where_the_decoder_stops(item: object, after: bytes) -> None:
    written = cbor2.dumps(item)
    assert end_of_item(after + written + after, len(after)) == len(after) + len(written)


@given(st.binary())
def test_cbor_arbitrary_bytes_are_bounded_or_refused(data: bytes) -> None:
    with contextlib.suppress(NotPlain):
        assert 0 < end_of_item(data, 0) <= len(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x18",
        b"\x42a",
        b"\x5b" + b"\x7f" + b"\xff" * 7,  # longer than anything
        b"\x9b" + b"\x7f" + b"\xff" * 7,
        b"\x81" * MOST_ITEMS + b"\x00",
        b"\x9f\xff",  # of open length
        b"\x1c",
        cbor2.dumps(cbor2.CBORTag(35, PATTERN)),
        cbor2.dumps({"a": [cbor2.CBORTag(35, PATTERN)]}),
        cbor2.dumps(cbor2.CBORTag(4, [1, 2**80_000])),
        cbor2.dumps(2**64),
    ],
)
def test_cbor_costly_to_decode_is_refused(data: bytes) -> None:
    with pytest.raises(NotPlain):
        end_of_item(data, 0)
