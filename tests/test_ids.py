"""The forms of identifiers (ev:users-2)."""

import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from poolhouse.ids import Ids, before_ids_of
from poolhouse.rules.auth import password_policy

NOW = datetime(2026, 3, 3, 4, 5, 6, 789_000, tzinfo=UTC)
UUID4 = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
UUID7 = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"

FORMS: dict[str, tuple[Callable[[Ids], str], str]] = {
    "pool id": (lambda ids: ids.pool_id("us-east-1"), r"us-east-1_[0-9A-Za-z]{9}"),
    "client id": (Ids.client_id, r"[0-9a-z]{26}"),
    "client secret": (Ids.client_secret, r"[0-9a-z]{51}"),
    "group id": (Ids.group_id, UUID4),
    "sub": (lambda ids: ids.sub(NOW), UUID7),
    "access key id": (Ids.access_key_id, r"AKIA[A-Z2-7]{16}"),
    "secret access key": (Ids.secret_access_key, r"[0-9A-Za-z+/]{40}"),
    "token session id": (lambda ids: ids.auth_session_id("tkn"), r"tkn[a-z0-9]{25}"),
    "sign-on session id": (lambda ids: ids.auth_session_id("sso"), r"sso[a-z0-9]{25}"),
    "token id": (Ids.token_id, UUID4),
    "event id": (Ids.event_id, UUID4),
    "request id": (Ids.request_id, UUID4),
    "nonce": (Ids.nonce, r"[0-9A-Za-z+/]{22}=="),
    "audit id": (lambda ids: ids.audit_id(NOW), UUID7),
}


class Policy(msgspec.Struct, frozen=True):
    minimum_length: int = 20
    require_uppercase: bool = True
    require_lowercase: bool = True
    require_numbers: bool = True
    require_symbols: bool = True


def draw_everything(ids: Ids) -> list[object]:
    drawn: list[object] = [make(ids) for make, _ in FORMS.values()]
    return [*drawn, ids.code(), ids.salt(), ids.srp_secret(), ids.temporary_password(Policy())]


@pytest.mark.parametrize("name", FORMS)
def test_ids_have_their_form_and_are_unique(name: str) -> None:
    make, form = FORMS[name]
    ids = Ids()
    drawn = [make(ids) for _ in range(300)]
    assert all(re.fullmatch(form, one) for one in drawn)
    assert len(set(drawn)) == 300


@pytest.mark.parametrize("name", ["client id", "pool id", "access key id"])
def test_ids_use_every_character_of_their_alphabet(name: str) -> None:
    make, _ = FORMS[name]
    ids = Ids(seed=b"alphabet")
    seen = set("".join(re.split("AKIA|_", make(ids))[-1] for _ in range(500)))
    alphabet = {"client id": 36, "pool id": 62, "access key id": 32}[name]
    assert len(seen) == alphabet


def test_sub_is_a_valid_uuid() -> None:
    parsed = uuid.UUID(Ids().sub(NOW))
    assert (parsed.version, parsed.variant) == (7, uuid.RFC_4122)


def test_code_has_six_digits_and_may_begin_with_zero() -> None:
    ids = Ids(seed=b"codes")
    codes = [ids.code() for _ in range(1000)]
    assert all(re.fullmatch("[0-9]{6}", code) for code in codes)
    assert {code[0] for code in codes} == set("0123456789")


def test_fixed_code_is_returned_each_time() -> None:
    ids = Ids(fixed_code="012345")
    assert [ids.code(), ids.code(), ids.code(8)] == ["012345"] * 3


@pytest.mark.parametrize("fixed", ["", "12345", "1234567", "12345a", "12345\n", "١٢٣٤٥٦"])
def test_fixed_code_malformed_is_refused(fixed: str) -> None:
    with pytest.raises(ValueError, match="six digits"):
        Ids(fixed_code=fixed)


def test_salt_never_begins_with_zero() -> None:
    """SRP clients disagree about leading zeros (ev:auth-8.1)."""
    ids = Ids(seed=b"salts")
    salts = [ids.salt() for _ in range(2000)]
    assert all(len(salt) == 16 and salt[0] for salt in salts)


def test_srp_secret_has_256_bits() -> None:
    assert all(Ids().srp_secret().bit_length() == 256 for _ in range(50))


def test_ids_temporary_password_satisfies_the_policy() -> None:
    password = Ids().temporary_password(Policy())
    assert len(password) == 20
    assert password_policy.broken_rule(Policy(), password) is None


@given(st.integers(min_value=1, max_value=10**12))
def test_audit_ids_sort_by_time(later_by_milliseconds: int) -> None:
    ids = Ids()
    later = NOW + timedelta(milliseconds=later_by_milliseconds)
    assert ids.audit_id(NOW) < ids.audit_id(later)


def test_audit_id_begins_with_its_millisecond() -> None:
    moment = int(Ids().audit_id(NOW).replace("-", "")[:12], 16)
    assert datetime.fromtimestamp(moment / 1000, UTC) == NOW


@given(st.integers(min_value=0, max_value=4_000_000_000_000))
@example(176_843_279)
def test_audit_id_bound_of_a_moment_separates_earlier_ids(milliseconds: int) -> None:
    moment = datetime(1970, 1, 2, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
    first = before_ids_of(moment)
    assert Ids().audit_id(moment - timedelta(milliseconds=1)) < first < Ids().audit_id(moment)


def test_ids_of_one_seed_are_identical() -> None:
    first, second = Ids(seed=b"ci"), Ids(seed=b"ci")
    assert draw_everything(first) == draw_everything(second)
    assert draw_everything(first) != draw_everything(Ids(seed=b"ci"))


def test_ids_of_another_seed_differ() -> None:
    seeded = [Ids(seed=b"ci").token_id(), Ids(seed=b"ci2").token_id()]
    drawn = [*seeded, Ids().token_id(), Ids().token_id()]
    assert len(set(drawn)) == 4


@pytest.mark.parametrize("ids", [Ids(), Ids(seed=b"ci")])
@pytest.mark.parametrize("size", [0, 1, 32, 1000])
def test_random_bytes_are_as_many_as_asked_for(ids: Ids, size: int) -> None:
    assert len(ids.random_bytes(size)) == size
