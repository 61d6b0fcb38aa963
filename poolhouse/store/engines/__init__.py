"""One package per database."""
