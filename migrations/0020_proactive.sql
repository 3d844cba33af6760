-- What Ivy tells people by itself, by their own wish; what they think of it, and what they say went wrong.

CREATE TABLE topics (
    user_id TEXT NOT NULL REFERENCES users (id),
    topic TEXT NOT NULL,                        -- a name of domain/topics.py
    state TEXT NOT NULL CHECK (state IN ('asked', 'on', 'off')),
    words TEXT NOT NULL,                        -- by whose words it is so: the person's own
    source TEXT NOT NULL,                       -- text, call, tap
    state_at_ms INTEGER NOT NULL,
    cron TEXT NOT NULL DEFAULT '',              -- over local time
    unanswered INTEGER NOT NULL DEFAULT 0 CHECK (unanswered >= floor),  -- in a row, up to the one before the last
    floor INTEGER NOT NULL DEFAULT 0 CHECK (floor >= 0),  -- who wants less never falls below that
    asked_at_ms INTEGER,                        -- when "keep, less, stop?" was asked since they last answered
    last_at_ms INTEGER,                         -- when it was last told
    message_id TEXT,                            -- and how
    PRIMARY KEY (user_id, topic)
) STRICT, WITHOUT ROWID;

-- Sentences made in the night, with the numbers that they were made for.
CREATE TABLE prewritten (
    user_id TEXT NOT NULL REFERENCES users (id),
    topic TEXT NOT NULL,
    first_day TEXT NOT NULL,                    -- of the days they are about
    numbers TEXT NOT NULL,                      -- as JSON
    prose TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (user_id, topic, first_day)
) STRICT, WITHOUT ROWID;

-- What was told of seven days of spending, once.
CREATE TABLE spending_summaries (
    user_id TEXT NOT NULL REFERENCES users (id),
    first_day TEXT NOT NULL,                    -- the person's local date
    numbers TEXT NOT NULL,                      -- as JSON
    prose TEXT NOT NULL,
    message_id TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (user_id, first_day)
) STRICT, WITHOUT ROWID;

CREATE TABLE ratings (
    id TEXT PRIMARY KEY,                        -- the question's
    user_id TEXT NOT NULL REFERENCES users (id),
    message_id TEXT NOT NULL,                   -- what stood last before it
    turn_id TEXT,
    asked_at_ms INTEGER NOT NULL,
    stars INTEGER CHECK (stars BETWEEN 1 AND 5),  -- NULL: not answered
    rated_at_ms INTEGER,
    CHECK ((stars IS NULL) = (rated_at_ms IS NULL))
) STRICT;

CREATE INDEX ratings_of_user ON ratings (user_id, asked_at_ms);
CREATE INDEX ratings_given ON ratings (rated_at_ms) WHERE stars IS NOT NULL;

CREATE TABLE feedback (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    kind TEXT NOT NULL CHECK (kind IN ('rating', 'wrong', 'appeal')),
    words TEXT NOT NULL,                        -- the person's
    ref TEXT NOT NULL,                          -- their message, or the day that they appeal
    message_id TEXT,                            -- what it is about: a message of ours
    turn_id TEXT,                               -- and the turn that wrote it
    stars INTEGER CHECK (stars BETWEEN 1 AND 5),
    at_ms INTEGER NOT NULL,
    closed_at_ms INTEGER,
    closed_by TEXT NOT NULL DEFAULT '',
    note TEXT NOT NULL DEFAULT '',
    UNIQUE (user_id, kind, ref)
) STRICT;

CREATE INDEX feedback_open ON feedback (at_ms) WHERE closed_at_ms IS NULL;
CREATE INDEX feedback_of_user ON feedback (user_id, at_ms);
