"""Signing in: one file for each flow and each challenge, all of the same shape.

A flow starts a sign-in: `async def start(attempt) -> Progress | Asked`. A challenge is put with
`async def ask(attempt, progress) -> Asked`, and its answer looked at with
`async def answer(attempt, progress) -> Progress | Asked`, which raises the refusal. What comes next
is decided by `rules/challenges.py` and done by `engine.py`, where also the one commit stands.
"""
