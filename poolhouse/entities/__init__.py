"""Our words: frozen structs, one file per noun."""
