"""What Cognito decides: pure functions of a request, of what is stored, and of the time.

Nothing here reads a clock, draws a random number or does I/O. A sub-package has the name of the
file of `errors/` with its refusals.
"""
