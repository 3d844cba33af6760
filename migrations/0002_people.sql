-- People, the names their channels know them by, what they agreed to, and everything said.

CREATE TABLE users (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('invited', 'active', 'paused', 'stopped')),
    locale TEXT NOT NULL,                       -- es-CO, en-US: language and country
    zone TEXT NOT NULL,                         -- IANA name
    currency TEXT NOT NULL,                     -- ISO 4217
    phone TEXT,                                 -- E.164, given by the person themself
    quiet_from TEXT NOT NULL DEFAULT '21:00',   -- local; nothing unasked for between the two
    quiet_to TEXT NOT NULL DEFAULT '08:00',
    minimum_minutes INTEGER NOT NULL DEFAULT 10 CHECK (minimum_minutes >= 0),  -- a partial workout of this long counts
    suspended_until_ms INTEGER,                 -- nothing unasked for before this
    invite_code TEXT UNIQUE,
    created_at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE channel_identities (
    id INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    channel TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('id', 'parent', 'phone')),
    value TEXT NOT NULL CHECK (value <> ''),
    valid_from_ms INTEGER NOT NULL,
    valid_to_ms INTEGER
) STRICT;

CREATE UNIQUE INDEX identities_now ON channel_identities (channel, value) WHERE valid_to_ms IS NULL;
CREATE INDEX identities_of_user ON channel_identities (user_id);

CREATE TABLE consents (
    id INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    purpose TEXT NOT NULL CHECK (purpose IN ('messages', 'calls', 'health', 'images')),
    granted INTEGER NOT NULL CHECK (granted IN (0, 1)),
    at_ms INTEGER NOT NULL,
    proof TEXT NOT NULL                         -- who, where and which words
) STRICT;

CREATE INDEX consents_of_user ON consents (user_id, purpose, id);

-- Strangers are answered once a day without a model; they are not people of ours yet.
CREATE TABLE strangers (
    channel TEXT NOT NULL,
    sender TEXT NOT NULL,
    day TEXT NOT NULL,
    messages INTEGER NOT NULL DEFAULT 1,
    answered INTEGER NOT NULL DEFAULT 0 CHECK (answered IN (0, 1)),
    PRIMARY KEY (channel, sender, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE messages_v2 (
    id TEXT PRIMARY KEY,
    user_id TEXT REFERENCES users (id),         -- NULL only for an answer to a stranger
    channel TEXT NOT NULL,
    direction TEXT NOT NULL CHECK (direction IN ('in', 'out')),
    kind TEXT NOT NULL DEFAULT 'text',
    external_id TEXT,
    body TEXT NOT NULL,
    event TEXT NOT NULL DEFAULT '',             -- in: the whole event as JSON
    quoted_id TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL CHECK (state IN ('received', 'queued', 'held', 'sending', 'unknown', 'accepted', 'sent', 'delivered',
                                         'read', 'failed', 'lapsed', 'cancelled')),
    needs_answer INTEGER NOT NULL DEFAULT 0 CHECK (needs_answer IN (0, 1)),
    turn_id TEXT,                               -- in: the turn that read it; out: the turn that wrote it
    asked_for INTEGER NOT NULL DEFAULT 1 CHECK (asked_for IN (0, 1)),  -- out: 0 for what the person did not ask for
    recipient TEXT NOT NULL DEFAULT '{}',       -- out: Address as JSON, as it was when sent
    resends INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT '',            -- why it is held, failed or lapsed, in plain words
    price_type TEXT NOT NULL DEFAULT '',
    price_category TEXT NOT NULL DEFAULT '',
    at_ms INTEGER NOT NULL,                     -- in: when the person sent it; out: when it was decided
    state_at_ms INTEGER NOT NULL,
    sent_at_ms INTEGER,                         -- out: when the request left
    trace_id TEXT NOT NULL DEFAULT '',
    CHECK ((direction = 'in') = (state = 'received'))
) STRICT;

CREATE UNIQUE INDEX messages_once ON messages_v2 (channel, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX messages_of_user ON messages_v2 (user_id, at_ms);
CREATE INDEX messages_as_kept ON messages_v2 (user_id);
CREATE INDEX messages_unanswered ON messages_v2 (user_id, at_ms) WHERE needs_answer = 1;
CREATE INDEX messages_paced ON messages_v2 (user_id, channel, sent_at_ms) WHERE sent_at_ms IS NOT NULL;
CREATE INDEX messages_waiting ON messages_v2 (state, at_ms) WHERE state IN ('queued', 'held', 'sending', 'unknown');

-- Statuses are kept as they come: some arrive before the send that caused them has returned.
CREATE TABLE message_statuses (
    channel TEXT NOT NULL,
    external_id TEXT NOT NULL,
    state TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    our_id TEXT NOT NULL DEFAULT '',
    errors TEXT NOT NULL DEFAULT '[]',
    PRIMARY KEY (channel, external_id, state)
) STRICT, WITHOUT ROWID;

CREATE TABLE conversation_windows (
    user_id TEXT NOT NULL REFERENCES users (id),
    channel TEXT NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    PRIMARY KEY (user_id, channel)
) STRICT, WITHOUT ROWID;

-- What the vendor says about the account, the number and templates, and payloads we have no words for.
CREATE TABLE channel_notices (
    id INTEGER PRIMARY KEY,
    channel TEXT NOT NULL,
    field TEXT NOT NULL,
    event TEXT NOT NULL DEFAULT '',
    details TEXT NOT NULL,
    at_ms INTEGER NOT NULL
) STRICT;
