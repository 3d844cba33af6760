-- What a human has to look at, and since when somebody is left in peace by the coach because of it.

ALTER TABLE users ADD COLUMN care_since_ms INTEGER;  -- nothing is begun, and no streak is spoken of, until it is NULL again

CREATE TABLE reviews (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    kind TEXT NOT NULL CHECK (kind IN ('self_harm', 'emergency', 'abuse', 'eating')),
    source TEXT NOT NULL,                       -- chat, call: where the words were said
    ref TEXT NOT NULL,                          -- the message or the call
    words TEXT NOT NULL,                        -- what was said, for whoever looks
    opened_at_ms INTEGER NOT NULL,
    closed_at_ms INTEGER,
    closed_by TEXT NOT NULL DEFAULT '',
    note TEXT NOT NULL DEFAULT '',
    UNIQUE (user_id, kind, ref)
) STRICT;

CREATE INDEX reviews_open ON reviews (opened_at_ms) WHERE closed_at_ms IS NULL;
CREATE INDEX reviews_of_user ON reviews (user_id, opened_at_ms);
