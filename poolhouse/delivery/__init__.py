"""How messages get to users: the outbox is emptied, each message by its channel's sender."""
