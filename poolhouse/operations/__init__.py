"""The operations of the API: one function per operation, with AWS's name.

A file is the noun that AWS uses; `registry.py` lists all operations with their access and audit.
Doesn't own what several operations share (`services/`), or how a sign-in goes on (`auth/`).
"""
