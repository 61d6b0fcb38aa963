"""Which path is answered by what, and the operator's pages.

Owns the router, the web application's routes, health and metrics. Doesn't own the API (`api/`) or
pages (`pages/`, `dev/`).
"""
