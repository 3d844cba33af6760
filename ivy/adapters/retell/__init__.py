"""Phone calls by Retell. May import: ports and below."""
