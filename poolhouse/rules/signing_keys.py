"""How a pool's signing keys follow each other."""

from datetime import timedelta
from typing import Final

from poolhouse.rules.token_lifetimes import LONGEST

OVERLAP: Final = LONGEST + timedelta(hours=1)
"""How long a key verifies after it was retired: until the last token that it may have signed is
over, and a while for calls under way and clocks that differ.
"""
