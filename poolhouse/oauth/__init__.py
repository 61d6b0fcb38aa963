"""Endpoints of OAuth 2.0 and OpenID Connect: today discovery and the key set."""
