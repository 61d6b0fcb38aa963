"""The function that a first start in dev mode writes for its developer."""
