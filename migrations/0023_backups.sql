-- What was backed up, when, and whether it could be read again; and what this database was itself restored from.

CREATE TABLE backups (
    id INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,                     -- everything committed before is inside
    file TEXT NOT NULL,
    bytes INTEGER NOT NULL DEFAULT 0 CHECK (bytes >= 0),
    seconds REAL NOT NULL DEFAULT 0 CHECK (seconds >= 0),
    verified INTEGER NOT NULL CHECK (verified IN (0, 1)),
    error TEXT NOT NULL DEFAULT '',
    CHECK ((verified = 1) = (error = ''))
) STRICT;

CREATE INDEX backups_by_time ON backups (verified, at_ms);

-- Between the two instants another Ivy may have worked with data that is lost: nothing of that span is done again.
CREATE TABLE restores (
    id INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    taken_at_ms INTEGER NOT NULL,
    worked_until_ms INTEGER NOT NULL CHECK (worked_until_ms >= taken_at_ms),
    file TEXT NOT NULL,
    settled TEXT NOT NULL DEFAULT '{}'          -- how many things of each kind were not left to be done again
) STRICT;
