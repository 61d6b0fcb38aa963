"""Pages of dev mode: the inbox and the clock. Never part of `serve`."""
