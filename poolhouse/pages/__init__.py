"""Pages for people: the design that all share, errors, and the pages of a pool's domain.

Owns templates, the style sheet, how responses are made and their policy. Doesn't own which path
leads to a page (`server/`). Imported with the first request for a page.
"""
