"""Every setting: one frozen struct, with its default and one line of help each.

A setting has one name everywhere: `public_url` in the file, POOLHOUSE_PUBLIC_URL in the
environment, --public-url on the command line. `bootstrap/settings.py` reads them.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NamedTuple, get_args, get_type_hints

import msgspec
from msgspec import Meta

from poolhouse.config.setting_types import (
    HOST,
    SERVER,
    CertificateFiles,
    Environment,
    setting,
    text,
)
from poolhouse.rules.aws import regions

CHOSEN_BY_COMMAND: Final = "dev"
"""The field that no file or variable sets: `poolhouse dev` is its own command."""

DATA_FOLDER: Final = ".poolhouse"

Purpose = Literal["dev", "serve", "tool"]
"""The purpose of settings; a tool works on a server's store and listens nowhere."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of one Poolhouse. Paths are relative to the working directory."""

    dev: Annotated[bool, setting("Relax what dev mode relaxes; loopback only.")] = False
    host: Annotated[
        Annotated[str, text(r"[^\s/]+")],
        setting("Address to listen on.", must="an address or a host name"),
    ] = "127.0.0.1"
    port: Annotated[
        int,
        setting(
            "Port to listen on; 0 picks a free one.", must="a port from 0 to 65535", ge=0, le=65535
        ),
    ] = 9229
    data: Annotated[Path, setting("Data directory: the keys and the embedded store.")] = Path(
        DATA_FOLDER
    )
    store: Annotated[
        Annotated[str, text(r"sqlite:///.+|postgres(ql)?://.+")] | None,
        setting(
            "sqlite:///PATH or postgresql://…; default: a file in the data directory.",
            must="sqlite:///PATH or postgresql://USER@HOST/DATABASE",
            secret=True,
        ),
    ] = None
    memory: Annotated[bool, setting("Dev mode: keep the store in memory only.")] = False
    workers: Annotated[
        int,
        setting(
            "Processes that share the port.", must="a whole number from 1 to 512", ge=1, le=512
        ),
    ] = 1
    region: Annotated[
        Annotated[tuple[Annotated[str, text(regions.FORM)], ...], Meta(min_length=1)],
        setting(
            "AWS regions to serve, the first of them home; dev mode serves all others too.",
            must="one or more regions such as us-east-1",
        ),
    ] = ("us-east-1",)
    account_id: Annotated[
        Annotated[str, text(r"[0-9]{12}")],
        setting("AWS account id in ARNs.", must="twelve digits"),
    ] = "000000000000"
    public_url: Annotated[
        str | None,
        setting(
            "URL that clients use, and that tokens and mails name; default: the listening address.",
            must=SERVER,
        ),
    ] = None
    domain_url: Annotated[
        Annotated[str, text(r"https?://[A-Za-z0-9.-]*\{domain\}[A-Za-z0-9.-]*(:[0-9]{1,5})?")]
        | None,
        setting(
            "URL of pools' prefix domains, with {domain} in it; default: below /domains/.",
            must="an http:// or https:// address with {domain} in its host, without a path",
        ),
    ] = None
    token_introspection: Annotated[
        bool, setting("Serve token introspection (RFC 7662) at pools' domains.")
    ] = False
    advertise_pkce: Annotated[
        bool, setting("Name PKCE in discovery documents, for clients that insist on it.")
    ] = False
    aws_issuer: Annotated[
        bool, setting("Name AWS's issuer in tokens, for code that expects it.")
    ] = False
    rp_initiated_logout: Annotated[
        bool, setting("Understand OpenID Connect's logout parameters at pools' domains.")
    ] = False
    offline_access: Annotated[
        bool,
        setting("Accept the scope offline_access at pools' domains, and grant nothing for it."),
    ] = False
    wildcard_callbacks: Annotated[
        bool,
        setting(
            "Let * stand for a part of the first label of callback URLs' hosts, as of previews."
        ),
    ] = False
    device_grant: Annotated[
        bool, setting("Serve the device authorization grant (RFC 8628) at pools' domains.")
    ] = False
    page_texts: Annotated[
        Path | None, setting("TOML file of own texts of domains' pages; see docs/looks.md.")
    ] = None
    page_templates: Annotated[
        Path | None, setting("Folder of own templates of domains' pages; see docs/looks.md.")
    ] = None
    standard_user_info: Annotated[
        bool,
        setting("Return flags, numbers and addresses from userInfo as OpenID Connect has them."),
    ] = False
    account_page: Annotated[
        bool, setting("Serve a page at pools' domains where users manage their account.")
    ] = False
    recovery_codes: Annotated[
        bool,
        setting("Offer recovery codes at pools' domains in place of a lost second factor."),
    ] = False
    private_documents: Annotated[
        bool,
        setting("Fetch metadata documents of clients from private addresses and any port too."),
    ] = False
    largest_body: Annotated[
        int,
        setting(
            "Longest request body accepted, in bytes.", must="a number of bytes above 1023", ge=1024
        ),
    ] = 262_144
    stop_seconds: Annotated[
        int,
        setting(
            "Longest time of a stop: running requests, then pending records.",
            must="0 seconds or more",
            ge=0,
        ),
    ] = 30
    operator_host: Annotated[
        Annotated[str, text(r"[^\s/]+")],
        setting("Address of the operator's listener.", must="an address or a host name"),
    ] = "127.0.0.1"
    operator_port: Annotated[
        Annotated[int, Meta(ge=0, le=65535)] | None,
        setting(
            "Port of /metrics and /health; without it, serve shows no metrics.",
            must="a port from 0 to 65535",
        ),
    ] = None
    master_key: Annotated[
        Path | None, setting("File of the master key; default: in the data directory.")
    ] = None
    tls_certificate: Annotated[Path | None, setting("PEM file of the certificate.")] = None
    tls_key: Annotated[Path | None, setting("PEM file of the certificate's key.")] = None
    domain_certificates: Annotated[
        dict[Annotated[str, text(HOST)], CertificateFiles],
        setting(
            "Certificate and key files of other hosts, such as domains; *.NAME is each host below.",
            must="a table of [CERTIFICATE, KEY] by host, or HOST=CERTIFICATE,KEY parts",
        ),
    ] = {}
    tls_port: Annotated[
        Annotated[int, Meta(ge=0, le=65535)] | None,
        setting(
            "Dev mode: port of HTTPS with a certificate of this machine; default: the next port.",
            must="a port from 0 to 65535",
        ),
    ] = None
    behind_proxy: Annotated[
        bool, setting("Trust the last X-Forwarded-For and -Proto values (behind a proxy).")
    ] = False
    postgres_connections: Annotated[
        int,
        setting("Connections of each worker to PostgreSQL.", must="a whole number above 0", ge=1),
    ] = 8
    spare_keys: Annotated[
        Annotated[int, Meta(ge=0, le=1_000)] | None,
        setting(
            "Signing keys that each worker makes ahead for new pools; default: 4, in dev mode 16.",
            must="a whole number from 0 to 1000",
        ),
    ] = None
    triggers: Annotated[
        dict[str, str],
        setting("Function ARN or name to handler: a file, a program, a webhook or a Lambda API."),
    ] = {}
    environment: Annotated[
        Environment,
        setting(
            "Variables of local functions, by function ARN or name; * means all functions.",
            must="a table of variables by function, or FUNCTION:NAME=VALUE parts",
            secret=True,
        ),
    ] = {}
    trigger_seconds: Annotated[
        float,
        setting(
            "Longest time of a trigger, in seconds.",
            must="a number of seconds from 0.1 to 900",
            ge=0.1,
            le=900,
        ),
    ] = 5.0
    audit_log: Annotated[bool, setting("Print audit records as JSON lines too.")] = False
    audit_days: Annotated[
        int,
        setting(
            "Days that audit records are stored; 0 stores them forever.",
            must="a whole number from 0 to 36500",
            ge=0,
            le=36_500,
        ),
    ] = 0
    audit_refusals: Annotated[
        int,
        setting(
            "Refusals a minute, of one kind and from one address, that are recorded and logged one"
            " by one; beyond it they are counted.",
            must="a whole number above 0",
            ge=1,
        ),
    ] = 60
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"] | None,
        setting(
            "Lowest level to log: debug (each request), info (each refused request), warning or"
            " error; default: debug in dev mode, info otherwise.",
            must="debug, info, warning or error",
        ),
    ] = None
    code: Annotated[
        Annotated[str, text(r"[0-9]{6}")] | None,
        setting("Dev mode: use this code in every message.", must="six digits"),
    ] = None
    fixed_ids: Annotated[str | None, setting("Dev mode: derive all ids from this text.")] = None
    seed: Annotated[
        Path | None,
        setting("Dev mode: YAML file of pools and users to create; see docs/seeds.md."),
    ] = None
    smtp_host: Annotated[str | None, setting("Mail server; without it, no email.")] = None
    smtp_port: Annotated[
        int, setting("Port of the mail server.", must="a port from 1 to 65535", ge=1, le=65535)
    ] = 587
    smtp_username: Annotated[str | None, setting("User name at the mail server.")] = None
    smtp_password: Annotated[str | None, setting("Password at the mail server.", secret=True)] = (
        None
    )
    smtp_tls: Annotated[
        Literal["none", "starttls", "tls"],
        setting("none, starttls or tls.", must="none, starttls or tls"),
    ] = "starttls"
    email_from: Annotated[str, setting("Sender of messages of pools without one.")] = (
        "no-reply@verificationemail.com"
    )
    ses_endpoint: Annotated[
        str | None,
        setting("Address of the SES API, to send email with SES.", must=SERVER),
    ] = None
    sns_endpoint: Annotated[
        str | None,
        setting("Address of the SNS API, to send text messages with SNS.", must=SERVER),
    ] = None
    sms_webhook: Annotated[
        Annotated[str, text(r"https?://[^\s/@#]+(/[^\s#]*)?")] | None,
        setting(
            "URL to POST text messages to, for another provider.",
            must="an http:// or https:// address",
            secret=True,
        ),
    ] = None
    webhook_secret: Annotated[
        str | None, setting("Secret that signs requests to webhooks.", secret=True)
    ] = None
    aws_access_key_id: Annotated[
        str | None, setting("Access key for requests to Lambda, SES, SNS and KMS.")
    ] = None
    aws_secret_access_key: Annotated[
        str | None, setting("Secret of the access key.", secret=True)
    ] = None
    aws_session_token: Annotated[
        str | None, setting("Session token of a temporary access key.", secret=True)
    ] = None
    passphrase: Annotated[
        str | None, setting("Passphrase that encrypts the secrets of exported pools.", secret=True)
    ] = None
    sender_key: Annotated[
        str | None,
        setting("Key for codes of custom senders: kms+URL of AWS KMS, or a key file."),
    ] = None

    @property
    def home_region(self) -> str:
        """Return the region of what names none: of the ready-made pool, and of calls out to AWS."""
        return self.region[0]

    def __repr__(self) -> str:
        """Return the settings without the secrets."""
        shown = ", ".join(
            f"{name}={getattr(self, name)!r}" for name, facts in FACTS.items() if not facts.secret
        )
        return f"Settings({shown})"


class BadSettings(Exception):
    """Settings that can't be used; `mistakes` has one sentence for each of them."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = tuple(mistakes)


class SettingInfo(NamedTuple):
    """Facts about a setting beside its value."""

    type: Any
    help: str
    must: str
    secret: bool


_SHAPES: Final = {bool: "true or false", int: "a whole number", float: "a number", dict: "a table"}


def _facts(annotated: Any) -> SettingInfo:
    """Return the facts about a field; its outermost annotation is the one made by `setting`."""
    plain, *metas = get_args(annotated)
    extra = metas[-1].extra
    kind = plain if plain in _SHAPES else getattr(plain, "__origin__", str)
    return SettingInfo(
        annotated,
        metas[-1].description,
        extra["must"] or _SHAPES.get(kind, "a text"),
        extra["secret"],
    )


FACTS: Final = {
    name: _facts(annotated)
    for name, annotated in get_type_hints(Settings, include_extras=True).items()
    if name != CHOSEN_BY_COMMAND
}
"""Every setting that can be given, in the order of the struct."""


def log_level(settings: Settings) -> Literal["debug", "info", "warning", "error"]:
    """Return the least level that is logged."""
    return settings.log_level or ("debug" if settings.dev else "info")


def master_key_file(settings: Settings) -> Path:
    return settings.master_key or settings.data / "master.key"


def new_master_key_file(settings: Settings) -> Path:
    """Return where a rotation keeps the new key until it takes the old one's place."""
    file = master_key_file(settings)
    return file.with_name(f"{file.name}.new")
