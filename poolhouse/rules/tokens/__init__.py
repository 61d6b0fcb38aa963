"""Rules of tokens: claims, lifetimes, scopes, rotation, sessions and keys."""
