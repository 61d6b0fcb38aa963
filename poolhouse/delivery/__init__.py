"""Delivery of messages: the outbox worker, and one sender per channel and service.

Owns retries and the senders. Doesn't own the texts (`rules/messages/`) or when a message is due
(`services/notifications.py`).
"""
