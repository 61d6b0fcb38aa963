"""Seed files: pools, app clients, groups and users that dev mode shall have. See docs/seeds.md."""
