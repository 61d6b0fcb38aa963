"""The nouns of the domain: frozen structs, one file each, without behaviour of their own."""
