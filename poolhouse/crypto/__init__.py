"""Cryptography at rest and for tokens: the master key, sealing, digests, and signing keys.

Owns every use of the data key. Doesn't own what is compared with whom (`rules/auth/`).
"""
