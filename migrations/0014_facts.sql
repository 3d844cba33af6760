-- What Ivy knows of a person: where it is from, since when it holds, and what took its place. Forgotten on request.

CREATE TABLE facts (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    kind TEXT NOT NULL CHECK (kind IN ('preference', 'fact', 'goal', 'constraint', 'relation', 'schedule')),
    subject TEXT NOT NULL DEFAULT '',           -- what it is about; with one, only one of them holds at a time
    value TEXT NOT NULL DEFAULT '',             -- what code acts on: morning, es, metric
    text TEXT NOT NULL,                         -- in the person's words
    quote TEXT NOT NULL DEFAULT '',             -- what the source message says of it
    message_id TEXT NOT NULL DEFAULT '',        -- the source; '' once it is forgotten, or if it was no message
    way TEXT NOT NULL CHECK (way IN ('told', 'noticed')),  -- told: by "remember"; noticed: by a model, in what they wrote
    confidence REAL NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    since_ms INTEGER NOT NULL,                  -- when it was said first
    last_said_ms INTEGER NOT NULL,
    until_ms INTEGER,                           -- when it held no more; NULL: it holds
    replaced_by TEXT NOT NULL DEFAULT '',       -- the fact that contradicts it
    ended TEXT NOT NULL DEFAULT '' CHECK (ended IN ('', 'superseded', 'denied', 'forgotten')),
    acts TEXT NOT NULL DEFAULT '' CHECK (acts IN ('', 'ask', 'asked', 'yes', 'no')),  -- whether Ivy may behave by it
    CHECK ((until_ms IS NULL) = (ended = '')),
    CHECK (last_said_ms >= since_ms),
    CHECK (ended <> 'forgotten' OR (text = '' AND quote = '' AND value = '' AND subject = '' AND message_id = '')),
    CHECK (ended = 'forgotten' OR text <> '')
) STRICT;

CREATE INDEX facts_of_user ON facts (user_id, until_ms);
CREATE UNIQUE INDEX facts_one_holds ON facts (user_id, kind, subject) WHERE until_ms IS NULL AND subject <> '';

-- The person's messages that may say something to remember: a model reads each once, several at a time.
CREATE TABLE fact_sources (
    message_id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'read', 'unread')),
    at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX fact_sources_waiting ON fact_sources (user_id, at_ms) WHERE state = 'waiting';

-- Messages about what was forgotten: no model is shown them again.
CREATE TABLE unheard_messages (
    message_id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX unheard_messages_of_user ON unheard_messages (user_id);

-- How many tokens a model really makes of what was estimated: the factor that its answers have taught.
CREATE TABLE token_factors (
    model TEXT PRIMARY KEY,
    factor REAL NOT NULL CHECK (factor BETWEEN 0.7 AND 2.5),
    answers INTEGER NOT NULL CHECK (answers > 0),
    at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
