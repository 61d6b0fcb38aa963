"""Endpoints for programs of OAuth 2.0 and OpenID Connect, discovery, and the key set.

Owns the protocol: parameters, client authentication, responses and errors. Doesn't own grants,
which `auth/` shares with the API, nor pages for people.
"""
