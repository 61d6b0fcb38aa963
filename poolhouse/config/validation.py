"""Check which settings can't be used together, or for a purpose."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from poolhouse.config.addresses import is_loopback
from poolhouse.config.settings import Purpose, Settings

_TOGETHER: Final = (
    ("tls_certificate", "tls_key"),
    ("smtp_username", "smtp_password"),
    ("aws_access_key_id", "aws_secret_access_key"),
)
_NOT_TOGETHER: Final = (
    ("smtp_host", "ses_endpoint"),
    ("sns_endpoint", "sms_webhook"),
    ("tls_certificate", "tls_port"),
)


def validate(settings: Settings, purpose: Purpose, source: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence for all that is well-formed by itself, but not together or for this purpose.

    `source` says where each setting was given; one that is missing stands at its default.
    """
    source = defaultdict(lambda: "the default", source)
    if purpose == "dev":
        yield from _wrong_in_dev(settings, source)
    elif purpose == "serve":
        yield from _wrong_in_serve(settings, source)
    elif settings.memory:
        yield (
            f"`memory` ({source['memory']}) keeps the store in the server's memory,"
            " where no other command can read it."
        )
    for pair in _TOGETHER:
        has, lacks = sorted(pair, key=lambda name: getattr(settings, name) is None)
        if getattr(settings, has) is not None and getattr(settings, lacks) is None:
            yield f"`{has}` ({source[has]}) needs `{lacks}` too."
    if settings.domain_certificates and settings.tls_certificate is None:
        yield (
            f"`domain_certificates` ({source['domain_certificates']}) needs `tls_certificate` too,"
            " for all other hosts."
        )
    for one, other in _NOT_TOGETHER:
        if getattr(settings, one) is not None and getattr(settings, other) is not None:
            yield f"`{one}` ({source[one]}) and `{other}` ({source[other]}) exclude each other."
    in_the_open = settings.smtp_tls == "none" and not is_loopback(settings.smtp_host or "")
    if in_the_open and settings.smtp_password is not None:
        yield (
            f"`smtp_tls` must not be none ({source['smtp_tls']}) when there is an"
            " `smtp_password`, which would be sent unencrypted."
        )


def _wrong_in_dev(settings: Settings, source: Mapping[str, str]) -> Iterator[str]:
    if not is_loopback(settings.host):
        yield (
            "Dev mode trusts every client, so `host` must be a loopback address, but"
            f" {source['host']} has {settings.host!r}; `poolhouse serve` accepts others."
        )
    if settings.workers > 1:
        yield (
            f"`workers` ({source['workers']}) is for `poolhouse serve`: dev mode has one process,"
            " because its clock can be set."
        )
    if settings.memory and settings.store is not None:
        yield f"`memory` ({source['memory']}) and `store` ({source['store']}) exclude each other."


def _wrong_in_serve(settings: Settings, source: Mapping[str, str]) -> Iterator[str]:
    for name, harm in (
        ("code", "makes every code the same"),
        ("fixed_ids", "makes every secret guessable"),
        ("seed", "creates pools and users from a file"),
        ("memory", "loses all data at the end"),
        ("tls_port", "has a certificate that only this machine trusts"),
    ):
        value = getattr(settings, name)
        if value is not None and value is not False:
            yield f"`{name}` ({source[name]}) {harm} and is for `poolhouse dev` only."
    secured = settings.tls_certificate is not None or settings.behind_proxy
    if not is_loopback(settings.host) and not secured:
        yield (
            f"On `host` {settings.host!r} ({source['host']}) passwords would be sent unencrypted:"
            " set `tls_certificate` and `tls_key`, or `behind_proxy` if a proxy does TLS."
        )
