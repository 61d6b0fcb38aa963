"""The sign-in engine: from InitiateAuth to tokens.

`initiation.py` starts a sign-in, `flows/` has one file per AuthFlow, `challenges/` one per
ChallengeName, and `completion.py` ends it. `engine.py` runs them: `rules/auth/challenges.py`
decides what comes next. It holds the one commit.

A flow is `async def start(attempt) -> AuthSession | ChallengeIssued`. A challenge is issued by
`async def ask(attempt, session) -> ChallengeIssued`, and its response verified by
`async def answer(attempt, session) -> AuthSession | ChallengeIssued`, which raises the refusal.

Doesn't own what a user may choose or must verify (`rules/auth/`), or tokens (`services/`).
"""
