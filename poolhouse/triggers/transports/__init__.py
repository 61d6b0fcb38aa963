"""Three ways to run a function, all with the same contract (`contract.py`)."""
