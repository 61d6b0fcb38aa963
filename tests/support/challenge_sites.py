"""Domains for the challenges of a sign-in: pools with second factors, or a choice of first ones."""

from collections.abc import Callable
from typing import Any

import pytest

from poolhouse.entities.domains import CLASSIC
from support.mfa_pools import BY_EMAIL, FACTORS, SNS, changes
from support.running_server import RunningServer
from support.served_pools import NewPool
from support.sign_in_pages import WEB_APP, Site

NewSite = Callable[..., Site]


@pytest.fixture
def new_site(server: RunningServer, new_pool: NewPool) -> NewSite:
    """Makes domains, each with alice, who is confirmed and has these attributes."""

    def make(
        version: int = CLASSIC,
        *,
        mfa: tuple[str, ...] = (),
        mode: str = "ON",
        attributes: dict[str, str] | None = None,
        factors: list[str] | None = None,
        **settings: Any,
    ) -> Site:
        client = {**WEB_APP, **settings.pop("client", {})}
        if factors:
            settings["Policies"] = {"SignInPolicy": {"AllowedFirstAuthFactors": factors}}
            settings["SmsConfiguration"] = SNS
        pool = new_pool(client=client, **{**BY_EMAIL, **settings})
        if mfa:
            configured = {name: value for each in mfa for name, value in FACTORS[each].items()}
            pool.cognito.set_user_pool_mfa_config(
                UserPoolId=pool.id, MfaConfiguration=mode, **configured
            )
        pool.sign_up()
        pool.admin_confirm()
        changes(pool, attributes or {})
        return Site(server, pool, version)

    return make
