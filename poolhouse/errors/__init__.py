"""Refusals: one class per situation, its parent AWS's error, its message AWS's text.

A file has the name of the sub-package of `rules/` that raises its errors. `protocol.py` has
what any operation may answer.
"""
