"""Whole pools and users: what an export reads, and what an import writes."""
