-- Where the next poll of a channel begins that is asked for what came; kept in the commit that keeps what the last one brought.
-- Each key has its own, for another agent counts anew. What was written before `since_ms` is not acted on.
CREATE TABLE poll_cursors (
    channel TEXT NOT NULL CHECK (channel <> ''),
    key_digest TEXT NOT NULL CHECK (key_digest <> ''),
    next_offset INTEGER NOT NULL DEFAULT 0 CHECK (next_offset >= 0),
    since_ms INTEGER NOT NULL,
    begun_ms INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (channel, key_digest)
) STRICT, WITHOUT ROWID;
