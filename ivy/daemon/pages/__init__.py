"""Pages that people open in a browser, one per file. May import: the store and below."""
