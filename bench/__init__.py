"""How fast Poolhouse is, against what is possible on the machine that measures: `make bench`."""
