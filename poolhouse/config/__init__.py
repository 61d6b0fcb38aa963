"""The settings: their names, types, limits and help. `bootstrap/settings.py` reads them."""
