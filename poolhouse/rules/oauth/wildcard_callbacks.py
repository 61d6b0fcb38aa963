"""Callback URLs with a wildcard, for preview deployments: `https://*.preview.example.com/callback`.

A `*` stands for a part of the first label of the host, and there is only one. All else is the same
text. At a host where any customer gets a name of its own choice, such as `vercel.app`, that label
needs fixed text beside the `*`, as in `https://*-my-team.vercel.app`.
"""

import re
from typing import Final

SHORTEST_FIXED: Final = 4
"""Fixed characters that a label at a shared host needs beside the `*`."""

_PATTERN: Final = re.compile(
    r"https://(?P<before>[a-z0-9-]*)\*(?P<after>[a-z0-9-]*)"
    r"\.(?P<parent>(?:[a-z0-9-]{1,63}\.)+[a-z]{2,63})(?P<rest>(?::[0-9]{1,5})?(?:/[^*]*)?)"
)
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_SHARED: Final = frozenset(
    {
        *("amplifyapp.com", "awsapprunner.com", "cloudfront.net", "elasticbeanstalk.com"),
        *("s3.amazonaws.com", "on.aws", "appspot.com", "run.app", "web.app", "firebaseapp.com"),
        *("azurewebsites.net", "azurestaticapps.net", "azureedge.net", "cloudapp.net"),
        *("vercel.app", "now.sh", "netlify.app", "netlify.com", "pages.dev", "workers.dev"),
        *("github.io", "githubpreview.dev", "gitlab.io", "bitbucket.io", "github.dev"),
        *("herokuapp.com", "onrender.com", "fly.dev", "railway.app", "up.railway.app"),
        *("deno.dev", "deno.net", "surge.sh", "glitch.me", "replit.app", "replit.dev", "repl.co"),
        *("codesandbox.io", "csb.app", "stackblitz.io", "webcontainer.io", "gitpod.io"),
        *("ngrok.io", "ngrok.app", "ngrok.dev", "ngrok-free.app", "ngrok-free.dev", "loca.lt"),
        *("trycloudflare.com", "ts.net", "lhr.life", "serveo.net", "tunnelmole.net"),
        *("ondigitalocean.app", "lovable.app", "bolt.host", "framer.app", "webflow.io"),
        *("wixsite.com", "wordpress.com", "blogspot.com", "myshopify.com", "translate.goog"),
        *("duckdns.org", "dyndns.org", "no-ip.org", "ddns.net", "nip.io", "sslip.io"),
    }
)
"""Hosts at which any customer chooses names. No such list is complete."""
_REGISTRY: Final = re.compile(
    r"(?:ac|co|com|edu|gob|gov|go|ltd|me|ne|net|nom|or|org|plc)\.[a-z]{2}"
)
"""Names below which a registry sells names, such as `co.uk`."""


def fits(registered: str, given: str) -> bool:
    """Return whether a redirect URI is one of those that a registered URL with a `*` stands for."""
    pattern = _PATTERN.fullmatch(registered)
    if pattern is None:
        return False
    before, after = pattern["before"], pattern["after"]
    if is_shared(pattern["parent"]) and len(before) + len(after) < SHORTEST_FIXED:
        return False
    tail = f".{pattern['parent']}{pattern['rest']}"
    label = given.removeprefix("https://").removesuffix(tail)
    return (
        given == f"https://{label}{tail}"
        and _LABEL.fullmatch(label) is not None
        and len(label) > len(before) + len(after)
        and label.startswith(before)
        and label.endswith(after)
    )


def is_shared(parent: str) -> bool:
    """Return whether people who don't know each other get names directly below a host."""
    return parent in _SHARED or _REGISTRY.fullmatch(parent) is not None
