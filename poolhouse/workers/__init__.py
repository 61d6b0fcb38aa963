"""Worker processes that share a port: the supervisor, a worker as it sees it, their channel."""
