"""Rules of messages to users: their texts, their destinations, their signatures."""
