"""The master key, sealing, and the keys that sign tokens."""

import asyncio
import base64
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws, jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import RSAKey

from poolhouse import app
from poolhouse.config.settings import Settings
from poolhouse.crypto.contexts import Context
from poolhouse.crypto.master_key import (
    BadMasterKey,
    MasterKey,
    WrongMasterKey,
    new_wrapped_data_key,
    rewrap,
)
from poolhouse.crypto.sealer import Sealer, Unsealable
from poolhouse.crypto.signing_keys import (
    SharedPrimeKeyStock,
    SigningKey,
    SigningKeyStock,
    start_keys,
)

MASTER = MasterKey(b"m" * 32)
WRAPPED = new_wrapped_data_key(MASTER)
SEALER = Sealer(MASTER, WRAPPED)
CODE = Context.VERIFICATION_CODE

plains = st.binary(max_size=500)
contexts = st.sampled_from(Context)
parameters = st.lists(st.text("ab-é", max_size=3), max_size=3)


@pytest.fixture(scope="module")
def signing_key() -> SigningKey:
    return SigningKey.generate()


def test_master_key_is_created_once_and_then_loaded(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    wrapped = new_wrapped_data_key(MasterKey.load_or_create(path))
    assert MasterKey.load_or_create(path).unwrap(wrapped) == MasterKey.load(path).unwrap(wrapped)


def test_master_key_file_is_private_to_its_owner_and_holds_base64(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    MasterKey.load_or_create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(base64.b64decode(path.read_text())) == 32
    assert list(tmp_path.iterdir()) == [path]


def test_master_key_created_concurrently_is_the_same(tmp_path: Path) -> None:
    """The file decides, as it does between processes; half a key would be a BadMasterKey."""
    for attempt in range(10):
        path = tmp_path / f"{attempt}.key"
        start = threading.Barrier(4)

        def wrap(path: Path = path, start: threading.Barrier = start) -> bytes:
            start.wait()
            return MasterKey.load_or_create(path).wrap(b"d" * 32)

        with ThreadPoolExecutor(4) as threads:
            wrapped = [threads.submit(wrap) for _ in range(4)]
        master = MasterKey.load(path)
        assert [master.unwrap(one.result()) for one in wrapped] == [b"d" * 32] * 4
    assert len(list(tmp_path.iterdir())) == 10


def test_master_key_load_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        MasterKey.load(tmp_path / "master.key")


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"not base64 at all", b"\xff\xfe", b"c2hvcnQ=", b"A" * 64]
)
def test_master_key_malformed_file_is_refused_and_kept(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "master.key"
    path.write_bytes(content)
    with pytest.raises(BadMasterKey):
        MasterKey.load_or_create(path)
    assert path.read_bytes() == content


def test_data_key_unwraps_only_with_its_master_key() -> None:
    with pytest.raises(WrongMasterKey, match="another master key"):
        Sealer(MasterKey(b"n" * 32), WRAPPED)


@pytest.mark.parametrize("place", range(0, 69, 4))
def test_data_key_damaged_is_refused(place: int) -> None:
    damaged = bytearray(WRAPPED)
    damaged[place] ^= 1
    with pytest.raises(WrongMasterKey):
        Sealer(MASTER, bytes(damaged))
    with pytest.raises(WrongMasterKey):
        Sealer(MASTER, WRAPPED[:place])


def test_data_key_rewrapped_keeps_everything_readable() -> None:
    sealed, digest = SEALER.seal(b"secret", Context.DEVICE), SEALER.digest(b"123456", CODE)
    new = MasterKey(b"n" * 32)
    after = Sealer(new, rewrap(MASTER, new, WRAPPED))
    assert after.unseal(sealed, Context.DEVICE) == b"secret"
    assert after.digest(b"123456", CODE) == digest


def test_rewrapping_needs_the_old_master_key() -> None:
    new = MasterKey(b"n" * 32)
    with pytest.raises(WrongMasterKey):
        rewrap(new, new, WRAPPED)


def test_data_key_is_random() -> None:
    assert MASTER.unwrap(new_wrapped_data_key(MASTER)) != MASTER.unwrap(WRAPPED)


@given(plain=plains, context=contexts, whose=parameters)
def test_unseal_same_context_and_parameters_returns_the_plain_text(
    plain: bytes, context: Context, whose: list[str]
) -> None:
    sealed = SEALER.seal(plain, context, *whose)
    assert SEALER.unseal(sealed, context, *whose) == plain
    assert len(sealed) == len(plain) + 29


@given(bound=st.tuples(contexts, parameters), other=st.tuples(contexts, parameters))
def test_unseal_other_context_or_parameters_raises_unsealable(
    bound: tuple[Context, list[str]], other: tuple[Context, list[str]]
) -> None:
    sealed = SEALER.seal(b"secret", bound[0], *bound[1])
    if other != bound:
        with pytest.raises(Unsealable):
            SEALER.unseal(sealed, other[0], *other[1])


@given(plain=plains, place=st.integers(min_value=0), bit=st.integers(0, 7))
def test_unseal_changed_data_is_refused(plain: bytes, place: int, bit: int) -> None:
    sealed = bytearray(SEALER.seal(plain, Context.DEVICE))
    sealed[place % len(sealed)] ^= 1 << bit
    with pytest.raises(Unsealable):
        SEALER.unseal(bytes(sealed), Context.DEVICE)


@given(st.binary(max_size=100))
def test_unseal_arbitrary_data_is_refused(data: bytes) -> None:
    with pytest.raises(Unsealable):
        SEALER.unseal(data, Context.DEVICE)


def test_seal_of_the_same_secret_differs_each_time() -> None:
    assert len({SEALER.seal(b"secret", Context.DEVICE) for _ in range(100)}) == 100


def test_digest_is_stable_for_its_purpose_and_key() -> None:
    digest = SEALER.digest(b"123456", CODE)
    assert len(digest) == 32
    assert digest == Sealer(MASTER, WRAPPED).digest(b"123456", CODE)
    other_key = Sealer(MASTER, new_wrapped_data_key(MASTER))
    others = (SEALER.digest(b"123456", Context.SIGN_IN_CODE), other_key.digest(b"123456", CODE))
    assert len({digest, *others}) == 3


def test_parameters_and_value_of_a_digest_do_not_run_together() -> None:
    assert SEALER.digest(b"s123", CODE, "p") != SEALER.digest(b"123", CODE, "ps")


def test_signing_key_signature_is_verified_by_a_jose_library(signing_key: SigningKey) -> None:
    token = signing_key.sign({"sub": "zoë", "exp": 4_000_000_000})
    public = RSAKey.import_key({**signing_key.public_jwk()})
    assert jwt.decode(token, public, algorithms=["RS256"]).claims == {
        "sub": "zoë",
        "exp": 4_000_000_000,
    }


def test_signing_key_token_header_has_kid_and_alg_alone(signing_key: SigningKey) -> None:
    """ev:auth-13: no `typ`."""
    header = jws.extract_compact(signing_key.sign({}).encode()).headers()
    assert list(header.items()) == [("kid", signing_key.kid), ("alg", "RS256")]


def test_signing_key_public_jwk_has_the_form_of_aws(signing_key: SigningKey) -> None:
    jwk = signing_key.public_jwk()
    assert set(jwk) == {"alg", "e", "kid", "kty", "n", "use"}
    assert (jwk["alg"], jwk["e"], jwk["kty"], jwk["use"]) == ("RS256", "AQAB", "RSA", "sig")
    assert len(base64.b64decode(jwk["kid"])) == 32
    assert len(base64.urlsafe_b64decode(jwk["n"] + "==")) == 256


def test_signing_key_restored_signs_identically(signing_key: SigningKey) -> None:
    restored = SigningKey.from_der(signing_key.private_der())
    assert restored.kid == signing_key.kid
    assert restored.sign({"sub": "zoe"}) == signing_key.sign({"sub": "zoe"})


def is_signed_by(key: SigningKey, token: str) -> bool:
    try:
        jws.deserialize_compact(token, key.verification_key, algorithms=["RS256"])
    except BadSignatureError:
        return False
    return True


def test_signing_key_verifies_only_its_signatures(signing_key: SigningKey) -> None:
    token = signing_key.sign({"sub": "zoe"})
    signing_input, _, signature = token.rpartition(".")
    other = signing_key.sign({"sub": "ann"}).rpartition(".")[2]
    assert is_signed_by(signing_key, token)
    assert not is_signed_by(signing_key, f"{signing_input}.{other}")
    assert not is_signed_by(signing_key, f"{signing_input}.{signature[:-4]}")
    assert not is_signed_by(signing_key, f"{signing_input}.")
    assert not is_signed_by(SigningKey.generate(), token)


def test_signing_key_of_another_kind_is_refused() -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    der = Ed25519PrivateKey.generate().private_bytes(
        Encoding.DER, PrivateFormat.PKCS8, NoEncryption()
    )
    with pytest.raises(ValueError, match="RSA"):
        SigningKey.from_der(der)


async def test_take_from_a_stock_of_one_gives_every_caller_a_key_of_its_own() -> None:
    stock = SigningKeyStock(size=1)
    try:
        stock.fill()
        taken = await asyncio.gather(*(stock.take() for _ in range(4)))
    finally:
        stock.close()
    assert len({key.kid for key in taken}) == 4


async def test_take_from_a_full_stock_gives_spare_keys_and_makes_others() -> None:
    """The keys that the stock has made are the ones that it gives, each once."""
    made = list[SigningKey]()

    class Recorded(SigningKeyStock):
        def fill(self) -> None:
            super().fill()
            made.extend(spare.result() for spare in self._spare)

    stock = Recorded(size=2)
    try:
        stock.fill()
        taken = [await stock.take() for _ in range(3)]
    finally:
        stock.close()
    assert len({key.kid for key in taken}) == 3
    assert {key.kid for key in taken} <= {key.kid for key in made}


async def test_take_from_a_stock_that_is_used_up_doubles_it_to_a_limit() -> None:
    class Counted(SigningKeyStock):
        def ready(self) -> int:
            return len([spare.result() for spare in self._spare])

    stock = Counted(size=1)
    try:
        stock.fill()
        sizes = [stock.ready()]
        for _ in range(5):
            await asyncio.gather(*(stock.take() for _ in range(sizes[-1] + 1)))
            sizes.append(stock.ready())
    finally:
        stock.close()
    assert sizes == [1, 2, 4, 4, 4, 4]


async def test_signing_key_stock_empty_makes_a_key() -> None:
    stock = SigningKeyStock(size=2)
    try:
        first, second = await asyncio.gather(stock.take(), stock.take())
    finally:
        stock.close()
    assert first.kid != second.kid


async def test_take_from_a_stock_of_shared_primes_gives_nine_keys_for_three_made() -> None:
    made = 0

    class Counted(SharedPrimeKeyStock):
        def _combine(self, key: SigningKey) -> None:
            nonlocal made
            made += 1
            super()._combine(key)

    stock = Counted(size=0)
    try:
        taken = [await stock.take() for _ in range(9)]
    finally:
        stock.close()
    assert made == 3
    assert len({key.kid for key in taken}) == 9
    for key in taken:
        assert key.private_der() == SigningKey.from_der(key.private_der()).private_der()
        signed = key.sign({"sub": "x"})
        assert [other.kid for other in taken if is_signed_by(other, signed)] == [key.kid]
        assert sum(prime.bit_length() for prime in key.primes()) == 2048


@pytest.mark.parametrize(
    ("settings", "stock"),
    [
        (Settings(dev=True, memory=True), SharedPrimeKeyStock),
        (Settings(dev=True), SigningKeyStock),
        (Settings(), SigningKeyStock),
    ],
)
def test_keys_share_primes_only_in_a_dev_server_in_memory(
    settings: Settings, stock: type[SigningKeyStock]
) -> None:
    """A key that reaches a disk may outlive dev mode."""
    chosen = app._key_stock(settings, ())
    chosen.close()
    assert type(chosen) is stock


@pytest.mark.parametrize("kind", [SigningKeyStock, SharedPrimeKeyStock])
async def test_signing_key_stock_gives_keys_that_were_started(
    kind: type[SigningKeyStock],
) -> None:
    started = start_keys(2)
    stock = kind(0, started)
    try:
        taken = [await stock.take() for _ in range(3)]
    finally:
        stock.close()
    assert [key.kid for key in taken[:2]] == [made.result().kid for made in started]
    assert len({key.kid for key in taken}) == 3


def test_key_reprs_hide_secrets(signing_key: SigningKey) -> None:
    shown = f"{MASTER!r} {SEALER!r} {signing_key!r}"
    assert shown.count("object at 0x") == 3
