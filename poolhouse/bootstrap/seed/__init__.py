"""Seed files: pools, app clients, groups and users that dev mode creates. See docs/seeds.md."""
