-- Messages hold more than text, ask questions that a tap answers once, and go another way when theirs is closed.

ALTER TABLE messages_v2 ADD COLUMN content TEXT NOT NULL DEFAULT '';        -- out: the content as JSON
ALTER TABLE messages_v2 ADD COLUMN purpose TEXT NOT NULL DEFAULT 'reply'
    CHECK (purpose IN ('reply', 'reminder', 'checkin', 'notice', 'digest'));
ALTER TABLE messages_v2 ADD COLUMN action_id TEXT NOT NULL DEFAULT '';      -- out: the question it asks
ALTER TABLE messages_v2 ADD COLUMN template TEXT NOT NULL DEFAULT '';       -- out: what says the same outside the window, as JSON
ALTER TABLE messages_v2 ADD COLUMN instead_of TEXT NOT NULL DEFAULT '';     -- out: the message of ours that this one stands for
ALTER TABLE messages_v2 ADD COLUMN window_open INTEGER CHECK (window_open IN (0, 1));  -- out: as it was when the request left

CREATE INDEX messages_asking ON messages_v2 (action_id) WHERE action_id <> '';

ALTER TABLE pending_actions ADD COLUMN options TEXT NOT NULL DEFAULT '[]';  -- what may be answered: name and title each
ALTER TABLE pending_actions ADD COLUMN answer TEXT NOT NULL DEFAULT '';     -- the option that was taken

ALTER TABLE users ADD COLUMN handed_over_at_ms INTEGER;                     -- a human of the operator's answers since then

-- A vendor that fails is left alone for a while, however many messages wait for it.
CREATE TABLE breakers (
    name TEXT PRIMARY KEY,
    failures INTEGER NOT NULL CHECK (failures >= 0),
    opened_at_ms INTEGER,                       -- since when calls do not pass; NULL: they do
    until_ms INTEGER,                           -- when one trial may pass
    reason TEXT NOT NULL,
    CHECK ((opened_at_ms IS NULL) = (until_ms IS NULL))
) STRICT, WITHOUT ROWID;

-- An address that its vendor says must not be written to: an SMS STOP, a mailbox that is gone.
CREATE TABLE blocked_addresses (
    channel TEXT NOT NULL,
    value TEXT NOT NULL,
    reason TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (channel, value)
) STRICT, WITHOUT ROWID;
