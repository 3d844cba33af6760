-- The coach: who is phoned and when, what was said, what it meant for the day, and what was given.

ALTER TABLE users ADD COLUMN track TEXT NOT NULL DEFAULT 'individual' CHECK (track IN ('individual', 'company'));
ALTER TABLE users ADD COLUMN goal TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN sessions_per_week INTEGER NOT NULL DEFAULT 3 CHECK (sessions_per_week BETWEEN 0 AND 14);
ALTER TABLE users ADD COLUMN mode TEXT NOT NULL DEFAULT 'text' CHECK (mode IN ('voice', 'text', 'mixed'));
ALTER TABLE users ADD COLUMN address TEXT NOT NULL DEFAULT 'tu' CHECK (address IN ('tu', 'usted'));
ALTER TABLE users ADD COLUMN tier TEXT NOT NULL DEFAULT 'core' CHECK (tier IN ('free', 'core', 'elite', 'concierge'));
ALTER TABLE users ADD COLUMN partial_gives TEXT NOT NULL DEFAULT 'none' CHECK (partial_gives IN ('none', 'pro_rata', 'full'));

-- How far somebody is with telling who they are and what they want; it can be left and gone on with at each step.
CREATE TABLE onboardings (
    user_id TEXT PRIMARY KEY REFERENCES users (id),
    step TEXT NOT NULL,
    answers TEXT NOT NULL DEFAULT '{}',
    started_at_ms INTEGER NOT NULL,
    changed_at_ms INTEGER NOT NULL,
    finished_at_ms INTEGER
) STRICT, WITHOUT ROWID;

-- When Ivy contacts somebody by their own choice. Its schedule row has the wall time; a slot fires once a local date.
CREATE TABLE call_slots (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    kind TEXT NOT NULL CHECK (kind IN ('morning', 'evening', 'weekly', 'monthly')),
    by TEXT NOT NULL CHECK (by IN ('voice', 'text')),
    at TEXT NOT NULL,                           -- local HH:MM
    days TEXT NOT NULL DEFAULT '*',             -- cron's day of week, or day of month for monthly
    nudge_minutes INTEGER NOT NULL DEFAULT 0,   -- a text this long before the call; 0: none
    consent_id INTEGER REFERENCES consents (id),  -- the word that chose it: it overrides quiet and calling hours
    state TEXT NOT NULL DEFAULT 'on' CHECK (state IN ('on', 'off')),
    unanswered INTEGER NOT NULL DEFAULT 0,      -- in a row; after two the slot is asked about by text
    last_missed TEXT NOT NULL DEFAULT '',       -- the first attempt of the call that was counted last
    changed_at_ms INTEGER NOT NULL,
    UNIQUE (user_id, kind)
) STRICT;

CREATE TABLE calls (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    kind TEXT NOT NULL CHECK (kind IN ('morning', 'evening', 'weekly', 'monthly', 'rescue', 'test', 'hello', 'inbound')),
    direction TEXT NOT NULL DEFAULT 'out' CHECK (direction IN ('out', 'in')),
    slot TEXT NOT NULL UNIQUE,                  -- the one intended call: person, kind, local date, attempt; or manual and its id
    day TEXT NOT NULL,                          -- the person's local date
    chosen INTEGER NOT NULL DEFAULT 0 CHECK (chosen IN (0, 1)),  -- 1: a slot they chose, or a call they asked for
    attempt INTEGER NOT NULL DEFAULT 1,
    first_id TEXT,                              -- the first attempt of its chain
    asked_by TEXT NOT NULL DEFAULT 'schedule',  -- schedule, person, operator, ladder
    state TEXT NOT NULL CHECK (state IN ('due', 'queued', 'dialing', 'live', 'ended', 'analysed', 'failed', 'abandoned')),
    reason TEXT NOT NULL DEFAULT '',            -- why it waits, failed or was abandoned, in plain words
    provider TEXT NOT NULL DEFAULT '',
    provider_call_id TEXT,
    to_number TEXT NOT NULL DEFAULT '',
    language TEXT NOT NULL DEFAULT '',
    prompt TEXT NOT NULL DEFAULT '',            -- name and version of the script it was made with
    snapshot TEXT NOT NULL DEFAULT '{}',        -- the variables it was dialled with, as JSON
    report TEXT NOT NULL DEFAULT '{}',          -- what is known of it so far: domain.calls.Report as JSON
    outcome TEXT NOT NULL DEFAULT '' CHECK (outcome IN ('', 'completed', 'missed', 'declined', 'voicemail', 'opted_out',
                                                        'cancelled', 'failed')),
    reserved_seconds INTEGER NOT NULL DEFAULT 0,
    due_at_ms INTEGER NOT NULL,
    placed_at_ms INTEGER,
    ended_at_ms INTEGER,
    proved_at_ms INTEGER,                       -- in: when they tapped that it is they who call; a number can be forged
    trace_id TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE UNIQUE INDEX calls_at_provider ON calls (provider, provider_call_id) WHERE provider_call_id IS NOT NULL;
CREATE INDEX calls_of_user ON calls (user_id, due_at_ms);
CREATE INDEX calls_open ON calls (state) WHERE state IN ('dialing', 'live');
CREATE INDEX calls_by_day ON calls (placed_at_ms) WHERE placed_at_ms IS NOT NULL;

-- What the provider said of a call, each once, in whatever order it came.
CREATE TABLE call_events (
    provider TEXT NOT NULL,
    key TEXT NOT NULL,                          -- event and the provider's call id
    call_id TEXT,
    report TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (provider, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX call_events_of_call ON call_events (call_id) WHERE call_id IS NOT NULL;

-- What was said, apart from the call: it is forgotten after its retention.
CREATE TABLE transcripts (
    call_id TEXT PRIMARY KEY REFERENCES calls (id),
    user_id TEXT NOT NULL REFERENCES users (id),
    turns TEXT NOT NULL,
    at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX transcripts_of_user ON transcripts (user_id, at_ms);

-- "If it is six and I am home, then I run; if it rains, then ten minutes of stairs", as fields. One a workout.
CREATE TABLE if_then_plans (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    day TEXT NOT NULL,
    workout_id TEXT,
    cue TEXT NOT NULL DEFAULT '',               -- time or place, in the person's words
    workout TEXT NOT NULL,
    barrier TEXT NOT NULL DEFAULT '',
    small_version TEXT NOT NULL DEFAULT '',     -- the two-minute version
    source TEXT NOT NULL,
    changed_at_ms INTEGER NOT NULL,
    UNIQUE (user_id, day)
) STRICT;

CREATE TABLE impact_wallets (
    user_id TEXT PRIMARY KEY REFERENCES users (id),
    charity TEXT NOT NULL,
    amount_minor INTEGER NOT NULL CHECK (amount_minor >= 0),
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    payer TEXT NOT NULL DEFAULT 'self' CHECK (payer IN ('self', 'employer', 'sponsor')),
    daily_cap_minor INTEGER NOT NULL CHECK (daily_cap_minor >= 0),
    monthly_cap_minor INTEGER NOT NULL CHECK (monthly_cap_minor >= 0),
    changed_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Promised money, one chain of hashes over all of it. A gift taken back is another row; nothing is ever changed.
CREATE TABLE donations (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    user_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('gift', 'comeback', 'reversal')),
    workout_id TEXT NOT NULL,
    reverses TEXT,                              -- the donation that a reversal takes back
    day TEXT NOT NULL,                          -- the person's local date that it counts for
    charity TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,              -- negative for a reversal
    currency TEXT NOT NULL,
    payer TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    before TEXT NOT NULL,                       -- the hash of row n - 1
    hash TEXT NOT NULL UNIQUE,
    CHECK ((kind = 'reversal') = (reverses IS NOT NULL)),
    CHECK ((kind = 'reversal') = (amount_minor < 0))
) STRICT;

CREATE INDEX donations_of_user ON donations (user_id, day);
CREATE INDEX donations_of_workout ON donations (user_id, workout_id);
CREATE UNIQUE INDEX donations_reversed_once ON donations (reverses) WHERE reverses IS NOT NULL;
CREATE TRIGGER donations_are_not_edited BEFORE UPDATE ON donations BEGIN SELECT RAISE(ABORT, 'donations is append-only'); END;
CREATE TRIGGER donations_are_not_cut BEFORE DELETE ON donations BEGIN SELECT RAISE(ABORT, 'donations is append-only'); END;

-- Energy, mood and confidence, 1 to 10, with whose word it is.
CREATE TABLE transformation_scores (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    day TEXT NOT NULL,
    measure TEXT NOT NULL CHECK (measure IN ('energy', 'mood', 'confidence')),
    score INTEGER NOT NULL CHECK (score BETWEEN 1 AND 10),
    source TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    UNIQUE (user_id, day, measure)
) STRICT;

CREATE TABLE life_markers (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    day TEXT NOT NULL,
    tag TEXT NOT NULL,                          -- sleep, clothes, stairs, mood, relationships, work, other
    words TEXT NOT NULL,
    source TEXT NOT NULL,
    at_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX life_markers_of_user ON life_markers (user_id, day);

CREATE TABLE weekly_summaries (
    user_id TEXT NOT NULL REFERENCES users (id),
    week TEXT NOT NULL,                         -- the local date of its Monday
    numbers TEXT NOT NULL,                      -- what SQL counted
    prose TEXT NOT NULL,
    message_id TEXT,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (user_id, week)
) STRICT, WITHOUT ROWID;
