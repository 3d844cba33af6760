-- Files that people send and that Ivy sends: which file (by digest), what it proved to be, what was heard, how long it stays.

CREATE TABLE media (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    message_id TEXT NOT NULL UNIQUE,            -- messages_v2.id; no reference: an erasure deletes messages first
    channel TEXT NOT NULL,
    direction TEXT NOT NULL CHECK (direction IN ('in', 'out')),
    type TEXT NOT NULL CHECK (type IN ('image', 'video', 'audio', 'document', 'sticker')),
    vendor_id TEXT NOT NULL DEFAULT '',         -- in: where the channel has it; out: what the channel called our upload
    vendor_until_ms INTEGER,                    -- out: how long the channel knows that name
    declared TEXT NOT NULL DEFAULT '',          -- in: the type and the digest that the message told of
    claimed TEXT NOT NULL DEFAULT '',
    voice INTEGER NOT NULL DEFAULT 0 CHECK (voice IN (0, 1)),
    state TEXT NOT NULL CHECK (state IN ('wanted', 'kept', 'refused', 'expired')),
    reason TEXT NOT NULL DEFAULT '',            -- why it was refused, or why nothing was heard
    words TEXT NOT NULL DEFAULT '',             -- the same for the operator
    mime TEXT NOT NULL DEFAULT '',              -- what its bytes proved it to be
    bytes INTEGER NOT NULL DEFAULT 0 CHECK (bytes >= 0),
    width INTEGER NOT NULL DEFAULT 0,
    height INTEGER NOT NULL DEFAULT 0,
    sha256 TEXT NOT NULL DEFAULT '' CHECK (sha256 = '' OR (length(sha256) = 64 AND sha256 NOT GLOB '*[^0-9a-f]*')),
    transcript TEXT,
    confidence REAL CHECK (confidence BETWEEN 0 AND 1),
    seconds REAL CHECK (seconds >= 0),
    received_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL CHECK (expires_at_ms >= received_at_ms),
    CHECK ((state = 'kept') = (sha256 <> '')),
    CHECK (state <> 'refused' OR reason <> '')
) STRICT;

CREATE INDEX media_of_user ON media (user_id, received_at_ms);
CREATE INDEX media_by_digest ON media (sha256) WHERE state = 'kept';
CREATE INDEX media_due ON media (expires_at_ms) WHERE state = 'kept';
