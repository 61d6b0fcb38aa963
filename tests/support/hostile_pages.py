"""Hostile requests to a pool's domain, made from a seed: its pages and its endpoints."""

import base64
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from poolhouse.rules.oauth.account_sign_in import Section
from poolhouse.wire.enums import ChallengeNameType

MARK = "<xss"
"""What every page must escape."""
ATTRIBUTE = '" onxss="'
"""The same, for values of attributes."""
TOKEN = "0f0f0f0f-0f0f-4f0f-8f0f-0f0f0f0f0f0f"
"""A token that a browser already has: forms repeat it as the cookie."""

PAGES = [
    *("/login", "/login/continue", "/login/session", "/signup", "/confirm", "/resendcode"),
    *("/forgotPassword", "/confirmforgotPassword", "/error", "/passkeys/add", "/device"),
    *(section.path for section in Section),
]
STARTS = ["/oauth2/authorize", "/authorize", "/logout"]
ENDPOINTS = [
    *("/oauth2/token", "/oauth2/revoke", "/oauth2/userInfo", "/oauth2/register"),
    *("/oauth2/introspect", "/oauth2/device_authorization"),
]
CHALLENGES = [challenge.value for challenge in ChallengeNameType]
ACTIONS = [
    *("resend", "choose", "allow", "set_up", "confirm", "on", "prefer", "off", "start", "complete"),
    *("remove", "change", "send", "verify", "end"),
]
NEWCOMER = "newcomer"
"""A user whose password is temporary: a right one leads to the next step."""


@dataclass(frozen=True)
class Domain:
    """A domain under attack, and what is registered at it."""

    host: str
    root: str
    client_id: str
    callbacks: tuple[str, ...]
    logouts: tuple[str, ...]


class HostilePages:
    """An endless, repeatable stream of requests as bytes, each with its method."""

    def __init__(self, domain: Domain, seed: int, username: str, password: str) -> None:
        """`username` and `password` are right: some requests are good, so that any come far."""
        self._domain = domain
        self._rng = random.Random(seed)
        self._username, self._password = username, password
        self._cookies: dict[str, str] = {}
        self._session = ""
        self._makers: list[tuple[Callable[[], tuple[str, bytes]], int]] = [
            (self.start, 30),
            (self.page, 20),
            (self.form, 22),
            (self.endpoint, 15),
            (self.strange_target, 10),
            (self.good_sign_in, 3),
        ]

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        makers, weights = zip(*self._makers, strict=True)
        while True:
            yield self._rng.choices(makers, weights)[0]()

    def learn(self, cookie: str) -> None:
        """Keep the cookie of a session, for requests to come."""
        self._cookies["cognito"] = cookie

    def learn_step(self, session: str) -> None:
        """Keep the session of a step, for forms to come."""
        self._session = session

    # --- Kinds of requests ---

    def start(self) -> tuple[str, bytes]:
        """An authorization or logout request with parameters that are anything."""
        params = self._asked()
        if self._rng.random() < 0.3:
            params.append(("logout_uri", self._rng.choice(self._domain.logouts)))
        for _ in range(self._rng.choice([0, 1, 1, 2, 4])):
            self._spoil(params)
        return self._request("GET", f"{self._rng.choice(STARTS)}?{self._query(params)}")

    def page(self) -> tuple[str, bytes]:
        params = [*self._asked(), *self._texts()]
        for _ in range(self._rng.randrange(3)):
            self._spoil(params)
        return self._request("GET", f"{self._rng.choice(PAGES)}?{self._query(params)}")

    def form(self) -> tuple[str, bytes]:
        """A form of a page with fields that are anything; mostly with the right token."""
        params = self._asked()
        if self._rng.random() < 0.2:
            self._spoil(params)
        fields = [
            ("_csrf", TOKEN),
            ("username", self._rng.choice(["alice", "nobody", NEWCOMER, self._text()])),
            ("password", self._rng.choice(["", "Wrong-Horse-9!", self._text()])),
            ("email", "a@example.com"),
            ("requiredAttributes[email]", self._text()),
            ("code", self._rng.choice(["123456", self._text()])),
            ("session", self._rng.choice(["", "AAAA", self._session, self._text()])),
            ("step", self._rng.choice(["", "AAAA", self._text()])),
            ("challenge", self._rng.choice([*CHALLENGES, self._text()])),
            ("account", self._text()),
            ("user_code", self._rng.choice(["BCDF-GHJK", self._text()])),
        ]
        optional = {
            "factor": self._rng.choice([*CHALLENGES, self._text()]),
            "choice": self._rng.choice([*CHALLENGES, self._text()]),
            "answer": self._rng.choice([*CHALLENGES, self._text()]),
            "options": self._rng.choice([" ".join(CHALLENGES), self._text()]),
            "action": self._rng.choice([*ACTIONS, self._text()]),
            "request": self._text(),
            "device": self._text(),
            "previous_password": self._rng.choice([self._password, self._text()]),
            "recovers": "yes",
            "contact": self._rng.choice(["email", self._text()]),
            "passkey": self._text(),
            "credential": self._rng.choice(["{}", "[]", self._text()]),
        }
        fields += [each for each in optional.items() if self._rng.random() < 0.3]
        for _ in range(self._rng.choice([0, 1, 3])):
            self._spoil(fields)
        target = f"{self._rng.choice(PAGES)}?{self._query(params)}"
        return self._request("POST", target, self._query(fields).encode("latin-1"))

    def good_sign_in(self) -> tuple[str, bytes]:
        """Name and password that are right."""
        username = self._rng.choice([self._username, self._username, NEWCOMER])
        fields = {"_csrf": TOKEN, "username": username, "password": self._password}
        target = f"/login?{urlencode(self._asked())}"
        return self._request("POST", target, urlencode(fields).encode(), is_plain=True)

    def endpoint(self) -> tuple[str, bytes]:
        """A call of a program, with a body, credentials and a token that are anything."""
        grants = ["authorization_code", "refresh_token", "client_credentials", "password", ""]
        fields = [
            ("grant_type", self._rng.choice(grants)),
            ("client_id", self._domain.client_id),
            ("redirect_uri", self._rng.choice(self._domain.callbacks)),
            *((name, self._text()) for name in ("code", "code_verifier", "refresh_token", "token")),
        ]
        for _ in range(self._rng.choice([0, 1, 3])):
            self._spoil(fields)
        headers = []
        if self._rng.random() < 0.5:
            pair = f"{self._rng.choice([self._domain.client_id, self._text()])}:{self._text()}"
            credentials = base64.b64encode(pair.encode("utf-8", "replace")).decode()
            scheme = self._rng.choice(["Basic", "basic", "Bearer", "Digest"])
            headers.append(f"Authorization: {scheme} {credentials}")
        method = self._rng.choice(["POST", "POST", "POST", "GET", "OPTIONS", "PUT"])
        body = self._query(fields).encode("latin-1")
        if self._rng.random() < 0.1:
            body = self._rng.randbytes(60)
        elif self._rng.random() < 0.15:
            members = {
                "redirect_uris": [self._hostile_uri(), self._rng.choice(self._domain.callbacks)],
                "client_name": self._text(),
                "scope": self._text(),
            }
            body = json.dumps(dict(self._rng.sample([*members.items()], 2))).encode()
        return self._request(method, self._rng.choice(ENDPOINTS), body, headers)

    def strange_target(self) -> tuple[str, bytes]:
        """Paths, hosts, cookies and methods of any form."""
        path = self._rng.choice([*PAGES, *STARTS, *ENDPOINTS])
        strange = self._rng.choice(
            [f"{path}/", f"/{path}", f"{path};a=b", path.upper(), quote(path, safe=""),
             f"{path}%2f..", f"/..{path}", f"{path}%00", f"{path}%0d%0aX-Split:1", f"/x{path}"]
        )  # fmt: skip
        method = self._rng.choice(["GET", "POST", "HEAD", "PUT", "DELETE", "TRACE", "PATCH"])
        headers = [f"Accept-Language: {self._header_text()}", f"Accept: {self._header_text()}"]
        if self._rng.random() < 0.3:
            headers.append(f"Origin: {self._header_text()}")
        target = f"{strange}?{self._query([*self._asked(), *self._texts()])}"
        return self._request(method, target, b"", headers)

    # --- Their parts ---

    def _asked(self) -> list[tuple[str, str]]:
        chance = self._rng.random
        asked = [
            ("client_id", self._domain.client_id),
            ("redirect_uri", self._rng.choice(self._domain.callbacks)),
            ("response_type", "token" if chance() < 0.15 else "code"),
            ("state", self._text() if chance() < 0.5 else "s"),
        ]
        optional = {
            "scope": "openid email",
            "nonce": self._text(),
            "login_hint": self._text(),
            "lang": self._rng.choice(["de", "ar", "zh-TW", "xx", self._text()]),
            "prompt": self._rng.choice(["none", "login", "select_account", self._text()]),
            "max_age": self._rng.choice(["0", "60", "99999999", "-1", self._text()]),
            "acr_values": "urn:cognito:loa:2",
            "resource": "https://api.example.com",
        }
        return [*asked, *(each for each in optional.items() if chance() < 0.15)]

    def _texts(self) -> list[tuple[str, str]]:
        names = ["username", "error", "error_description", "login_hint", "lang", "destination"]
        return [(self._rng.choice(names), self._text()) for _ in range(2)]

    def _spoil(self, params: list[tuple[str, str]]) -> None:
        """Change, drop, double or add one parameter."""
        if not params:
            return
        at = self._rng.randrange(len(params))
        name, value = params[at]
        kind = self._rng.randrange(5)
        if kind == 0:
            del params[at]
        elif kind == 1:
            params.insert(self._rng.randrange(len(params) + 1), (name, self._text()))
        elif kind == 2:
            params.append((self._text(), self._text()))
        elif name.endswith("_uri"):
            params[at] = (name, self._hostile_uri())
        else:
            params[at] = (name, self._text() if kind == 3 else value.swapcase())

    def _hostile_uri(self) -> str:
        good = self._rng.choice([*self._domain.callbacks, *self._domain.logouts])
        host = good.partition("//")[2].partition("/")[0]
        return self._rng.choice(
            [
                good.upper(),
                f"{good}/",
                f"{good}#",
                f"{good}?next=https://evil.example",
                f"{good}/../..//evil.example",
                f"{good}%0d%0aX-Split: 1",
                f"{good}\r\nX-Split: 1",
                f"{good}\\@evil.example",
                good.replace(host, f"{host}@evil.example"),
                good.replace(host, f"{host}.evil.example"),
                good.replace(host, f"{host}:443"),
                good.replace(host, f"user:password@{host}"),
                good.replace("https:", "http:"),
                good.replace("//", "/\\"),
                f"https://evil.example/?{good}",
                f"https://evil.example#{good}",
                f"//evil.example/{good}",
                "javascript:alert(1)",
                "data:text/html,x",
                "",
                self._text(),
            ]
        )

    def _text(self) -> str:
        marked = f"{ATTRIBUTE}>{MARK} '>"
        return self._rng.choice(
            [
                "",
                "a",
                marked,
                f"</title></script>{marked}",
                f"javascript:{MARK}",
                "{{7*7}}{%x%}{title}{0}%s",
                "\r\nX-Split: 1",
                "\x00\x1b\x7f",
                "\u202e\u2028\ufeff\U0001f600",
                "ä" * self._rng.choice([1, 40, 300]),
                "x" * self._rng.choice([36, 128, 129, 1_025, 5_000]),
                "'\"\\;-- ",
                "%25%00",
                "../../etc/passwd",
            ]
        )

    def _header_text(self) -> str:
        return self._text().translate({0: None, 13: None, 10: None, 27: None, 127: None})[:500]

    def _query(self, params: list[tuple[str, str]]) -> str:
        """Encode as a browser, or with some of it raw or wrong."""
        encoded = urlencode(params)
        if self._rng.random() < 0.1:
            cut = self._rng.randrange(len(encoded) + 1)
            encoded = encoded[:cut] + self._rng.choice(["%", "%zz", "%ff%fe", "&&", "=", ";"])
        return encoded

    # --- On the wire ---

    def _request(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        headers: list[str] | None = None,
        *,
        is_plain: bool = False,
    ) -> tuple[str, bytes]:
        rng = self._rng
        cookies = {"XSRF-TOKEN": TOKEN}
        if not is_plain:
            if rng.random() < 0.1:
                cookies["XSRF-TOKEN"] = self._header_text()
            if rng.random() < 0.3:
                cookies |= self._cookies
            if rng.random() < 0.1:
                cookies[rng.choice(["cognito", "lang"])] = self._header_text()
        lines = [
            f"{method} {self._domain.root}{target} HTTP/1.1",
            f"Host: {self._domain.host}",
            "Accept: text/html" if not headers or is_plain else "X-Any: 1",
            "Content-Type: application/x-www-form-urlencoded",
            "Cookie: " + "; ".join(f"{name}={value}" for name, value in cookies.items()),
            f"Content-Length: {len(body)}",
            *(headers or []),
        ]
        head = "\r\n".join([*lines, "", ""])
        return method, head.encode("utf-8", "replace") + body
