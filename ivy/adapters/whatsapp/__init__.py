"""WhatsApp Cloud API (Meta Graph API): signature, webhook, messages, errors. May import: ports and below."""
