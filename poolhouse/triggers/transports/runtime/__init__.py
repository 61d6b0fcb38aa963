"""The programs that run in the child processes: started by their path, never imported.

Both get four arguments: the channel's file descriptor (`channel.py` has the format), the
lifeline's, the handler file, the name of the function. A handler that cannot be loaded answers
the first call with the reason and ends, so that the next call tries again, as Lambda does.
"""
