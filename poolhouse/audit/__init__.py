"""The audit trail: which principal, client or user did what, stored with the state.

Owns the writer, the bounds on records that unauthenticated callers cause, and the operators whom
commands name as principals. Doesn't own what a record contains of a call
(`services/audit_records.py`).
"""
