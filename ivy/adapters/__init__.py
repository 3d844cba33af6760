"""One outside company per file: its words inside, Ivy's outside. May import: ports and below, never the store."""
