-- What was said to and by each model, byte for byte: enough to go through a turn again without a vendor.

-- What stays the same from call to call, once: no person's.
CREATE TABLE model_prefixes (
    sha256 TEXT PRIMARY KEY,
    system TEXT NOT NULL,
    tools TEXT NOT NULL,                        -- JSON, in the order in which they were told
    first_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE model_exchanges (
    id TEXT PRIMARY KEY REFERENCES ai_usage (id),
    prefix_sha256 TEXT NOT NULL REFERENCES model_prefixes (sha256),
    dialect TEXT NOT NULL,                      -- JSON: what beside the request makes its bytes
    request_sha256 TEXT NOT NULL,               -- of the very bytes that left
    response BLOB,                              -- the very bytes that came, compressed and sealed; NULL when their retention is over
    at_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX model_exchanges_kept ON model_exchanges (at_ms) WHERE response IS NOT NULL;
CREATE INDEX model_exchanges_of_prefix ON model_exchanges (prefix_sha256);
