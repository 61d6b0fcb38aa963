"""`python -m poolhouse` is `poolhouse`."""

from poolhouse.cli import app

app()
