"""A pool's Lambda triggers: the event goes out, the checked answer comes back.

One file per trigger. `invoke.py` has what all share (the limit, the attempts, the errors), and
`transports/` the three ways to run a function: the Lambda API, a webhook, a local handler file.
Events, metadata and answers hold users' data: nothing here writes them to a log.
"""
