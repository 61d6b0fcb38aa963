"""What dev mode lays into its data directory for developers to edit."""
