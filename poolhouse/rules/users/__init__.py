"""Rules of users: names, attributes, states, groups, and lists of them."""
