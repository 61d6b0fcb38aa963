"""What is kept: reads, and writes as data. See `contract.py` for the promises."""
