"""Decide about authorization requests, grants, redirect URIs, scopes and user claims.

Owns the rules of a domain's OAuth endpoints. Doesn't own what tokens contain (`rules/tokens`), or
how domains, resource servers and styles are configured (`rules/pools`).
"""
