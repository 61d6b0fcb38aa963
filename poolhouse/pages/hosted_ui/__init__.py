"""The pages of a pool's domain: sign in, sign up, reset a password, and what comes between.

Owns how a page's request is read and checked, its cookies, and the pages of every step. Doesn't own
what a step does: that belongs to the sign-in engine (`auth/`) and the operations, by the same calls
as at the API.
"""
