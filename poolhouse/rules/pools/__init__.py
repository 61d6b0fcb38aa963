"""Rules of pools and app clients: their settings, feature plans and tags."""
