"""Everything that happens before the first request.

Owns the settings' sources, the store that they name, the first administrator and pool, the seed
file, and the functions and senders that are configured. Doesn't own the parts that it puts
together.
"""
