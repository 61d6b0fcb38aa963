"""Contexts never change: stores, exports and tokens hold what was made with them."""

import ast
import base64
from pathlib import Path

import pytest

from poolhouse.crypto.contexts import Context
from poolhouse.crypto.master_key import MasterKey
from poolhouse.crypto.sealer import Sealer

SEALER = Sealer(
    MasterKey(b"m" * 32),
    base64.b64decode(
        "AWMSkwolDJAz3jwXFe/GT0ic+22wMgJoDRxXyeLJPU0N3fOD8USAmy1u9LcUakwU4RmLkghCpU5yoLfMCIyiVUis2fnV"
    ),
)
TEXTS = {
    "AUTH_SESSION": "sign-in",
    "PAGINATION_TOKEN": "page_token",
    "REFRESH_TOKEN": "refresh token",
    "CLIENT_SECRETS": "clients",
    "SIGNING_KEY": "signing_keys",
    "ACCESS_KEY": "access_keys",
    "PASSWORD": "credentials",
    "SOFTWARE_TOKEN": "software_tokens",
    "DEVICE": "device",
    "OUTBOX": "outbox",
    "INBOX": "inbox",
    "EXPORT": "export",
    "DECOY_USER": "stand-in",
    "DECOY_DELIVERY": "simulated delivery",
    "DECOY_PASSWORD": "no password",
    "DECOY_PASSKEY": "no passkey",
    "DECOY_FACTORS": "offered factors",
    "DEVICE_GROUP": "device group",
    "AUTHORIZATION_CODE": "authorization code",
    "BROWSER_SESSION": "browser session",
    "BROWSER_DEVICE": "browser device",
    "DEVICE_GRANT": "device grant",
    "DEVICE_USER_CODE": "device user code",
    "CLIENT_AT_ADDRESS": "client at address",
    "REFRESH_TOKEN_SUCCESSOR": "refresh token successor",
    "VERIFICATION_CODE": "code",
    "SIGN_IN_CODE": "sign-in code",
    "RECOVERY_CODE": "recovery code",
}
SEALED = [
    (Context.AUTH_SESSION, (), "ATElUIGHt/rC6OyYTMrdeFcatzvPxI9mYe7CkDO8pbR87IY="),
    (Context.PAGINATION_TOKEN, (), "AeCIydj18ijML08yKOP50/9Jm9B3DwLSgrKehb7zJ9ZD5pI="),
    (Context.REFRESH_TOKEN, (), "AUGYkvLumjftoYG0/BehxMK2ZlSNEAIsoGYAWHlkWg1Mit4="),
    (Context.CLIENT_SECRETS, ("c",), "AVXZZT2zTjbV6urrfV0U/L9S0PZk/XpuYPA0c6Vx0i87cpE="),
    (Context.SIGNING_KEY, ("p", "k"), "Ab5Eco+2FcXwzwUfz4OhZLWz1ES8T7nxL7jJDva10Uq+i0A="),
    (Context.ACCESS_KEY, ("k",), "Aar7qsuC4jfv3hdlAHVYOvD4lbXLh5WdavYsecha2oM4ols="),
    (Context.PASSWORD, ("p", "s"), "AQ+CBsUc52RbGn0f6TcSuFUHmIKOIneNAEikcnGv5zYzIGQ="),
    (Context.SOFTWARE_TOKEN, ("p", "s"), "AWXRiBz+fGv2OrXJErKFS7h6CfQz+w5mirLaoCMcSp6eJWA="),
    (Context.DEVICE, ("p", "s", "k"), "AeLoGYd/V6iklIu1s3O7IUXBp2IG+FbOPiSX5TzRosc9XF0="),
    (Context.OUTBOX, ("m",), "AR5xS6vqoP35odtjPM2jwzQKxPSUX9vQ4E9N3rdCwJD/i8M="),
    (Context.INBOX, ("m",), "AUOR4b2KM3iZS2d8CTLm/ntaPxQMKRBqDMRTh2pxxak63J0="),
    (Context.AUTHORIZATION_CODE, ("d",), "ASXKZismA0Q+1F+KHretnPWIY/V/CcztGFkyIBaXPB15Exg="),
    (Context.BROWSER_SESSION, (), "AV3jOMBusCFqtjTH0k+PUzp0nZHrL6VP/UJsjXni5gn2rs0="),
    (Context.BROWSER_DEVICE, (), "AeAhL+bOdqFmsfOL5pRh6XN4zFdS9CJ586Px2X+fp8701h8="),
    (Context.DEVICE_USER_CODE, (), "AZccsc7o976f9QF3SiyX1GFlWGFi7WuvW1yLs2Mc2jEnaDA="),
    (Context.DEVICE_GRANT, ("d",), "ATfBuOxMCVgjNcPv9wAcjsgeO2KfSeth41dz2YDU0Fk4BBA="),
    (Context.EXPORT, ("p", "user", "s"), "AZ/LkwhrTtAwtEXHZtyhUAT218n9mgEGlGUzqk1xPFXYh7w="),
    (Context.EXPORT, ("p", "trailer", "{}/d"), "AWm0XWsH4vt6FO74VNqcesm/gr+0YItKfBDqUlCBWpIe60Y="),
]
"""Made by version 0.1.0, of the plain text `secret`."""
DIGESTS = [
    (Context.DECOY_USER, (), "QOv2+5t9mf71OqJGlgZlL+XcypHT02iPAQStmw6+kmU="),
    (Context.DECOY_DELIVERY, (), "acdtspjjIkVJYb+6N4k6wwYzxqNxsn5PzmqK2jUQbxY="),
    (Context.DECOY_PASSWORD, (), "4BqWZ107OrFFncK82u7moqQLnNf6SGR8vOdy161UDrw="),
    (Context.DECOY_PASSKEY, (), "7gdMrnYMolNqkxIsVOAsY1SUw7nQzyEEElGaBjenp6Q="),
    (Context.DECOY_FACTORS, (), "Q3JRF6n1LpoqUP5OAn3MeXdR1bFtAV8OgulwffPabes="),
    (Context.DEVICE_GROUP, (), "4ZOO8v3udhoqT7qOs/uw8gE8yszal8BLMbaObLHeJ5s="),
    (Context.REFRESH_TOKEN_SUCCESSOR, (), "Ak2eWZ5kt3eC04J11hxFQ+lh6napu/7S4K7QLEVUpYo="),
    (Context.REFRESH_TOKEN, (), "Oioxxo2rvx2vG3spAIYB94HZtZEPigJLVT721FjqBNE="),
    (Context.AUTHORIZATION_CODE, (), "VO9Fb9HCohYl6NZb9t46m/xQFKWxD9+vhIwI482VIVY="),
    (Context.BROWSER_SESSION, (), "MPliMsng/E2joERA2NsLVTgb5zUsuT97nrgaGHAhx+k="),
    (Context.CLIENT_AT_ADDRESS, (), "Rm3PnAqzwygZIz0dxM49v+dBV8SkYB/13A9eyZbucoc="),
    (Context.DEVICE_GRANT, (), "FBiuJsHKM4vYgWvkLLEl3tXqSgeHT1atAjsvCGzeaE8="),
    (Context.DEVICE_USER_CODE, (), "0HPq9EF50Oq1oN2hAd6nQkWMgy1hxmXkoOoOUGC7uoI="),
    (Context.RECOVERY_CODE, ("p", "s"), "385KfuuhuAbp0CTjImbQYfTvup3xWCV50QxpK4zcxH4="),
    (
        Context.VERIFICATION_CODE,
        ("p", "s", "SIGN_UP", "email", "a@b/c"),
        "FCAbVOlvGdbuhOFNCWw3kjoASvZQpy1V+/7XsyXkbkU=",
    ),
    (
        Context.SIGN_IN_CODE,
        ("p", "s", "SMS_OTP", "i", "+1"),
        "kgvfyY/2eHxcXGu4sl6qYhGhBmw/tMxOpvbUrnTTQcY=",
    ),
]
"""Made by version 0.1.0, of the value `value`."""


def test_contexts_have_the_texts_of_what_is_stored() -> None:
    assert {context.name: context.value for context in Context} == TEXTS


def test_contexts_with_parameters_never_equal_another_context() -> None:
    """None begins like another with its slash, and parameters follow a slash only."""
    for context in Context:
        assert "/" not in context
        assert [other for other in Context if f"{other}/".startswith(f"{context}/")] == [context]


@pytest.mark.parametrize(("context", "parameters", "sealed"), SEALED)
def test_unseal_sealed_by_version_0_1_opens(
    context: Context, parameters: tuple[str, ...], sealed: str
) -> None:
    assert SEALER.unseal(base64.b64decode(sealed), context, *parameters) == b"secret"


@pytest.mark.parametrize(("context", "parameters", "digest"), DIGESTS)
def test_digest_made_by_version_0_1_is_the_same(
    context: Context, parameters: tuple[str, ...], digest: str
) -> None:
    assert SEALER.digest(b"value", context, *parameters) == base64.b64decode(digest)


def test_contexts_have_a_sample() -> None:
    assert {context for context, _, _ in (*SEALED, *DIGESTS)} == set(Context)


def test_contexts_are_used() -> None:
    package = Path(__file__).resolve().parents[2] / "poolhouse"
    named = {
        node.attr
        for file in package.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "Context"
    }
    assert {context.name for context in Context} <= named
