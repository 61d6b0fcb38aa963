"""Decoys are types of their own, which no stored entity and no draft can have by accident."""

import ast
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec.structs import asdict, replace
from support.passkey_device import PARTY, PasskeyDevice
from support.store_samples import a_pool, a_user

from poolhouse.entities.passkeys import Passkey
from poolhouse.entities.users import DecoyUser, User
from poolhouse.errors.auth import IncorrectPassword
from poolhouse.rules.auth import passkeys, webauthn
from poolhouse.services.decoy_users import is_decoy

DECOY = DecoyUser(**asdict(a_user()))
CHALLENGE = bytes(32)


def test_is_decoy_user_draft_of_version_0_is_no_decoy() -> None:
    assert not is_decoy(a_user(version=0))


def test_is_decoy_changed_decoy_is_still_one() -> None:
    assert is_decoy(replace(DECOY, attributes={"email": "z@home.example"}, version=7))


def test_is_decoy_decoded_user_is_none() -> None:
    assert not is_decoy(msgspec.json.decode(msgspec.json.encode(DECOY), type=User))


def signed_by_the_decoys_key(decoy: Passkey) -> webauthn.Signed:
    """Sign with the decoy passkey's private key, which anyone can know: it is 1."""
    device = PasskeyDevice()
    device.id = urlsafe_b64decode(decoy.id + "=")
    device.use_key(ec.derive_private_key(1, ec.SECP256R1()))
    options = passkeys.request_options(a_pool(), PARTY, CHALLENGE, [decoy])
    return webauthn.parse(device.get(msgspec.json.encode(options).decode()))


def test_prove_decoy_passkey_with_right_signature_raises_incorrect_password() -> None:
    decoy = passkeys.decoy_passkey(DECOY, PARTY, bytes(32))
    signed = signed_by_the_decoys_key(decoy)
    with pytest.raises(IncorrectPassword):
        webauthn.verify_assertion(
            a_pool(), DECOY, signed, challenge=CHALLENGE, party=PARTY, there=[decoy]
        )


def test_prove_passkey_draft_of_version_0_is_no_decoy() -> None:
    decoy = passkeys.decoy_passkey(DECOY, PARTY, bytes(32))
    draft = Passkey(**{**asdict(decoy), "version": 0})
    signed = signed_by_the_decoys_key(decoy)
    proved = webauthn.verify_assertion(
        a_pool(), a_user(), signed, challenge=CHALLENGE, party=PARTY, there=[draft]
    )
    assert proved == replace(draft, sign_count=1)


def _comparisons_with_version_0(file: Path) -> Iterator[int]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Compare):
            sides = (node.left, *node.comparators)
            named = any(
                isinstance(each, ast.Attribute) and each.attr == "version" for each in sides
            )
            zero = any(isinstance(each, ast.Constant) and each.value == 0 for each in sides)
            if named and zero:
                yield node.lineno


def test_version_is_compared_with_0_only_by_the_store() -> None:
    """There it means that a row isn't stored yet."""
    package = Path(__file__).resolve().parents[2] / "poolhouse"
    found = {
        file.relative_to(package).as_posix()
        for file in package.rglob("*.py")
        if any(_comparisons_with_version_0(file))
    }
    assert found == {"store/codes.py", "store/software_tokens.py"}
