"""Pages of dev mode: the overview, the inbox and the clock. Never part of `serve`.

Doesn't own templates and styles that all pages share (`pages/`).
"""
