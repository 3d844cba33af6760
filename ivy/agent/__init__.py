"""One turn, from words to a reply, one step per file. May import: tools and below."""
