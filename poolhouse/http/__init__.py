"""HTTP/1.1: from bytes to requests and back, and the client that calls other servers.

Owns the connection: parsing by a library, framing, limits and closing. Doesn't own what answers a
request (`server/`).
"""
