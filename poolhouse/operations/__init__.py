"""What each operation does. `table.py` is the front desk; a file is the noun that AWS uses."""
