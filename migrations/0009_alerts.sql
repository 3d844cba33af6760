-- What an operator must know is one row a fault, however often it is reported; and a number's limits are remembered.

CREATE TABLE alerts (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL CHECK (key <> ''),        -- the same for a fault, its repetitions and its end
    severity TEXT NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
    title TEXT NOT NULL,
    advice TEXT NOT NULL,
    first_at_ms INTEGER NOT NULL,               -- by the clock of who reported it
    last_at_ms INTEGER NOT NULL CHECK (last_at_ms >= first_at_ms),
    count INTEGER NOT NULL DEFAULT 1 CHECK (count > 0),
    until_ms INTEGER,                           -- it ends by itself then
    resolved_at_ms INTEGER,
    told_at_ms INTEGER                          -- NULL while there is news of it to tell: that it is, or that it is over
) STRICT;

CREATE UNIQUE INDEX alerts_open ON alerts (key) WHERE resolved_at_ms IS NULL;
CREATE INDEX alerts_over ON alerts (key, resolved_at_ms) WHERE resolved_at_ms IS NOT NULL;
CREATE INDEX alerts_untold ON alerts (id) WHERE told_at_ms IS NULL;

CREATE TABLE channel_limits (
    channel TEXT NOT NULL,
    name TEXT NOT NULL,
    value INTEGER NOT NULL CHECK (value > 0),
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (channel, name)
) STRICT, WITHOUT ROWID;

-- What left lately on a channel, and what was delivered in a month, without walking over everything ever said.
CREATE INDEX messages_sent ON messages_v2 (channel, sent_at_ms) WHERE sent_at_ms IS NOT NULL;
CREATE INDEX statuses_delivered ON message_statuses (channel, at_ms) WHERE state IN ('delivered', 'read');
CREATE INDEX notices_by_field ON channel_notices (channel, field, at_ms);
