"""Take the picture of the sign-in page that the readme shows.

PYTHONPATH=.:tests python -m support.sign_in_screenshot
"""

import base64
import tempfile
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from support.chromium import chromium
from support.domain_pools import OAUTH, DomainPool
from support.running_server import running
from support.served_pools import PoolForTest

PICTURE: Final = Path(__file__).parents[2] / "docs" / "images" / "sign-in.png"
WIDTH, HEIGHT = 560, 660
"""CSS pixels. The picture has two of its own for each."""


def picture(folder: Path) -> bytes:
    """Return the page of a pool whose users may sign up, as a PNG."""
    with running(folder / "data") as server, chromium(folder) as page:
        domain = DomainPool(server, PoolForTest(server.client(), client=OAUTH))
        query = urlencode(domain.asked(client_id=domain.add_client(ClientName="My app")))
        page.call(
            "Emulation.setDeviceMetricsOverride",
            width=WIDTH,
            height=HEIGHT,
            deviceScaleFactor=2,
            mobile=False,
        )
        page.open(f"{domain.url}/login?{query}")
        taken: str = page.call("Page.captureScreenshot", format="png")["data"]
        return base64.b64decode(taken)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        PICTURE.write_bytes(picture(Path(name)))
