"""The audit trail: who did what, kept in the store.

Owns the writer, the bounds on records that unauthenticated callers cause, and the operators whom
commands name as principals. Doesn't own what a record contains of a call
(`services/audit_records.py`).
"""
