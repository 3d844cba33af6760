-- What a person's tools write: appointments, reminders, expenses, workouts, the streak, preferences.

CREATE TABLE calendar_events (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    title TEXT NOT NULL CHECK (title <> ''),
    all_day INTEGER NOT NULL DEFAULT 0 CHECK (all_day IN (0, 1)),
    starts_wall TEXT NOT NULL,                  -- local wall time: the intent, which moves with the person's zone rules
    ends_wall TEXT NOT NULL,
    zone TEXT NOT NULL,
    starts_at_ms INTEGER NOT NULL,
    ends_at_ms INTEGER NOT NULL,
    cron TEXT NOT NULL DEFAULT '',              -- over local time; empty: once
    state TEXT NOT NULL DEFAULT 'booked' CHECK (state IN ('booked', 'cancelled')),
    created_at_ms INTEGER NOT NULL,
    CHECK (ends_at_ms >= starts_at_ms)
) STRICT;

CREATE INDEX calendar_events_of_user ON calendar_events (user_id, starts_at_ms) WHERE state = 'booked';

CREATE TABLE reminders (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    text TEXT NOT NULL CHECK (text <> ''),
    cron TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'deleted')),
    fired_at_ms INTEGER,                        -- when it last went out: what "snooze" means a moment later
    created_at_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX reminders_of_user ON reminders (user_id, state);

CREATE TABLE expenses (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    description TEXT NOT NULL,
    plain TEXT NOT NULL,                        -- its words without case and accents, a blank around each: for searching
    category TEXT NOT NULL CHECK (category <> ''),
    day TEXT NOT NULL,                          -- the person's local date
    created_at_ms INTEGER NOT NULL,
    deleted_at_ms INTEGER
) STRICT;

CREATE INDEX expenses_of_user ON expenses (user_id, day) WHERE deleted_at_ms IS NULL;

CREATE TABLE workouts (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    day TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('planned', 'done', 'partial', 'skipped', 'rest')),
    at_wall TEXT NOT NULL DEFAULT '',           -- planned local time, when there is one
    planned INTEGER NOT NULL CHECK (planned IN (0, 1)),  -- 0: first heard of when it was over
    minutes INTEGER CHECK (minutes >= 0),
    note TEXT NOT NULL DEFAULT '',
    source TEXT NOT NULL CHECK (source IN ('text', 'call', 'button', 'import')),
    created_at_ms INTEGER NOT NULL,
    changed_at_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX workouts_of_user ON workouts (user_id, day);

-- Every word about a day; the last one counts, and the streak is computed from them.
CREATE TABLE streak_events (
    id INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    day TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('kept', 'rest', 'excused', 'skipped', 'missed', 'none')),
    workout_id TEXT,
    source TEXT NOT NULL,
    at_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX streak_events_of_user ON streak_events (user_id, day, id);

CREATE TABLE user_preferences (
    user_id TEXT NOT NULL REFERENCES users (id),
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    source TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (user_id, key)
) STRICT, WITHOUT ROWID;
