-- Where the next poll of a channel begins that is asked for what came; kept in the commit that keeps what the last one brought.
CREATE TABLE poll_cursors (
    source TEXT PRIMARY KEY CHECK (source <> ''),
    next_offset INTEGER NOT NULL CHECK (next_offset >= 0),
    at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
