"""WhatsApp's agent platform, for one person: one file per concern, joined in `channel`. May import: ports and below."""
