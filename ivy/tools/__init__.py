"""What the model may do, one family of tools per file. May import: the store, adapters and below."""
