"""A user who answers whatever a sign-in asks, with everything that they own."""

import json
from collections.abc import Callable
from typing import Any, Final

from support.custom_functions import WORD
from support.mfa_pools import AuthenticatorApp
from support.passkey_device import PasskeyDevice
from support.remembered_device import KeptDevice
from support.running_server import RunningServer
from support.sent_codes import code_of
from support.served_pools import PoolForTest
from support.sign_ins import PASSWORD, AuthApi, srp_client

NEW_PASSWORD = "Another-Horse-9!"


class Player:
    """One user of one authentication API.

    `first` and `second` are the factors that they choose where there is a choice. `asked` gathers
    the challenges; `last` is the answer to the last request.
    """

    def __init__(
        self, server: RunningServer, api: AuthApi, pool: PoolForTest, username: str
    ) -> None:
        self.username = username
        self.password = PASSWORD
        self.app: AuthenticatorApp | None = None
        self.device: KeptDevice | None = None
        self.passkey: PasskeyDevice | None = None
        self.first = self.second = ""
        self.along: tuple[str, ...] = ()
        """What is sent along with the first choice, to prove it at once."""
        self.skips_choosing = False
        self.asked: list[str] = []
        self.step = ""
        """What the last request was: a flow, or the challenge that was answered."""
        self.last: Any = None
        self._server = server
        self._api = api
        self._pool = pool
        self._srp = srp_client(pool, self.password)

    def plays(self, flow: str, *given: str, **more: str) -> dict[str, Any]:
        """Begin with these parameters, by their names, and answer until there are tokens."""
        self._srp = srp_client(self._pool, self.password)
        start = {"USERNAME": self.username, **self._named(given), **more}
        if self.device is not None:
            start["DEVICE_KEY"] = self.device.key
        self.step = flow
        self.last = self._api.start(flow, **start)
        while name := self.last.get("ChallengeName"):
            assert len(self.asked) < 9, self.asked
            self.asked.append(name)
            ANSWERS[name](self)
        result: dict[str, Any] = self.last["AuthenticationResult"]
        return result

    def _named(self, names: tuple[str, ...]) -> dict[str, str]:
        values = {"PASSWORD": self.password, "SRP_A": self._srp.srp_a}
        return {name: values[name] for name in names}

    def _answer(self, name: str | None = None, **given: str) -> None:
        """With a member that wasn't asked for, which does no harm."""
        named = self.last["ChallengeParameters"].get("USERNAME", self.username)
        responses = {"USERNAME": named, "NobodyAsked": "x", **given}
        self.step = name or self.last["ChallengeName"]
        self.last = self._api.respond(self.step, self.last.get("Session"), **responses)

    def by_srp(self) -> None:
        self._answer(**self._srp.responses(self.last["ChallengeParameters"]))

    def by_new_password(self) -> None:
        self.password = NEW_PASSWORD
        self._answer(NEW_PASSWORD=NEW_PASSWORD)

    def by_code(self) -> None:
        name = self.last["ChallengeName"]
        self._answer(**{f"{name}_CODE": code_of(self._server, self._pool, self.username)})

    def by_app(self) -> None:
        """By the next code: the one that is shown now may have registered the app."""
        assert self.app is not None
        self._answer(SOFTWARE_TOKEN_MFA_CODE=self.app.code(1))

    def by_choosing_the_first(self) -> None:
        """Clients may also answer what is offered without having chosen it."""
        along = self._named(self.along)
        if self.skips_choosing:
            self._answer(self.first, **along)
        else:
            self._answer(ANSWER=self.first, **along)

    def by_choosing_the_second(self) -> None:
        self._answer(ANSWER=self.second)

    def by_setting_up(self) -> None:
        offered = json.loads(self.last["ChallengeParameters"]["MFAS_CAN_SETUP"])
        assert self.second in offered
        if self.second == "EMAIL_OTP":
            self._answer(EMAIL=f"{self.username}@home.example")
            return
        cognito, session = self._pool.cognito, self.last["Session"]
        associated = cognito.associate_software_token(Session=session)
        self.app = AuthenticatorApp(associated["SecretCode"])
        verified = cognito.verify_software_token(
            Session=associated["Session"], UserCode=self.app.code()
        )
        self.last["Session"] = verified["Session"]
        self._answer()

    def by_password(self) -> None:
        self._answer(PASSWORD=self.password)

    def by_srp_a(self) -> None:
        self._answer(SRP_A=self._srp.srp_a)

    def by_passkey(self) -> None:
        assert self.passkey is not None
        options = self.last["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"]
        self._answer(CREDENTIAL=self.passkey.get(options))

    def by_word(self) -> None:
        self._answer(ANSWER=WORD)

    def by_device(self) -> None:
        assert self.device is not None
        self._srp = self.device.proof()
        self._answer(DEVICE_KEY=self.device.key, SRP_A=self._srp.srp_a)

    def by_device_secret(self) -> None:
        assert self.device is not None
        self._answer(**self.device.claim(self._srp, self.last))


ANSWERS: Final[dict[str, Callable[[Player], None]]] = {
    "PASSWORD_VERIFIER": Player.by_srp,
    "NEW_PASSWORD_REQUIRED": Player.by_new_password,
    "SMS_MFA": Player.by_code,
    "SMS_OTP": Player.by_code,
    "EMAIL_OTP": Player.by_code,
    "SOFTWARE_TOKEN_MFA": Player.by_app,
    "SELECT_MFA_TYPE": Player.by_choosing_the_second,
    "MFA_SETUP": Player.by_setting_up,
    "SELECT_CHALLENGE": Player.by_choosing_the_first,
    "PASSWORD": Player.by_password,
    "PASSWORD_SRP": Player.by_srp_a,
    "WEB_AUTHN": Player.by_passkey,
    "CUSTOM_CHALLENGE": Player.by_word,
    "DEVICE_SRP_AUTH": Player.by_device,
    "DEVICE_PASSWORD_VERIFIER": Player.by_device_secret,
}
