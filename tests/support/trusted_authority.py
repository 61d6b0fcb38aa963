"""The only certificate authority that HTTP clients of the tests trust, unless a test chooses more.

Most requests go by plain HTTP. Yet httpx reads the certificates for each call of `httpx.get`, and
those of all 140 public authorities take 40 ms. The authority's key was never kept.
"""

import os
from pathlib import Path
from typing import Final

_FILE: Final = Path(__file__).with_name("authority.pem")
_VARIABLE: Final = "SSL_CERT_FILE"
"""The variable in which httpx and OpenSSL look for certificates."""


def trust_it_alone() -> None:
    os.environ[_VARIABLE] = str(_FILE)
