"""Pages for people: today the page that a confirmation link leads to."""
