"""Services that operations and sign-ins share; they may do I/O.

Owns the context of a call, the lookup of users, decoy users, verification codes, guesses and their
limits, tokens and their verification, notifications and triggers. Imports nothing above it. Doesn't
own decisions (`rules/`), SQL (`store/`) or transports (`triggers/`, `delivery/`).
"""
