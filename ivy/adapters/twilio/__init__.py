"""Twilio's SMS: one file per concern, joined in `channel`. May import: ports and below."""
