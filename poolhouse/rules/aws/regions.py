"""AWS regions: the form of their names, and the partition that each belongs to."""

import re
from typing import Final

FORM: Final = r"(?![a-z0-9-]{19})[a-z]{2,4}(?:-[a-z]{2,12}){1,3}-[0-9]{1,2}"
"""Every region of today, and those to come: `us-east-1`, `us-gov-west-1`, `eusc-de-east-1`.

At most 18 characters: a device key is a region, `_` and a UUID, and the API's model allows it 55.
"""

_is_region = re.compile(FORM).fullmatch

_PARTITIONS: Final = {
    "cn-": ("aws-cn", "amazonaws.com.cn"),
    "us-gov-": ("aws-us-gov", "amazonaws.com"),
    "eusc-": ("aws-eusc", "amazonaws.eu"),
}
"""Name and domain of each partition but the first, by how its regions begin."""


def is_region(text: str) -> bool:
    """Return whether a text has the form of a region's name."""
    return _is_region(text) is not None


def partition(region: str) -> str:
    """Return the group of regions that an ARN belongs to."""
    return _partition(region)[0]


def domain(region: str) -> str:
    """Return the domain below which AWS serves a region."""
    return _partition(region)[1]


def _partition(region: str) -> tuple[str, str]:
    for prefix, found in _PARTITIONS.items():
        if region.startswith(prefix):
            return found
    return "aws", "amazonaws.com"
