"""`python -m poolhouse`."""

from poolhouse.cli import app

app(prog_name="poolhouse")
