-- Work that survives a restart: what arrived, what is to be done, who holds it, and what was given up on.

CREATE TABLE webhook_inbox (
    id TEXT PRIMARY KEY,
    source TEXT NOT NULL,
    sha256 BLOB NOT NULL,
    body BLOB,                                  -- sealed; emptied when its retention ends, the row stays
    received_at_ms INTEGER NOT NULL,
    trace_id TEXT NOT NULL,
    UNIQUE (source, sha256)
) STRICT;

CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    queue TEXT NOT NULL CHECK (queue IN ('inbox', 'agent', 'calls', 'outbox', 'upkeep')),
    lane TEXT NOT NULL DEFAULT '',
    key TEXT NOT NULL UNIQUE,                   -- the name of the one intended effect
    state TEXT NOT NULL DEFAULT 'ready' CHECK (state IN ('ready', 'leased', 'done', 'dead', 'cancelled')),
    due_at_ms INTEGER NOT NULL,                 -- when it was meant to run: lateness is measured from here
    run_at_ms INTEGER NOT NULL,                 -- when it may next run
    deadline_ms INTEGER NOT NULL,               -- after this no other attempt is made
    limit_ms INTEGER NOT NULL CHECK (limit_ms > 0),
    attempts INTEGER NOT NULL DEFAULT 0,        -- failures only
    crashes INTEGER NOT NULL DEFAULT 0,         -- in flight when the process died, in a row
    replays INTEGER NOT NULL DEFAULT 0,
    claim_no INTEGER NOT NULL DEFAULT 0,        -- rises with every claim and guards every settle
    leased_until_ms INTEGER,
    user_id TEXT,
    payload TEXT NOT NULL DEFAULT '{}',
    trace_id TEXT NOT NULL DEFAULT '',
    errors TEXT NOT NULL DEFAULT '[]',
    created_at_ms INTEGER NOT NULL,
    ended_at_ms INTEGER,
    CHECK ((state = 'leased') = (leased_until_ms IS NOT NULL))
) STRICT;

CREATE INDEX jobs_free ON jobs (queue, run_at_ms) WHERE state = 'ready' AND lane = '';
CREATE INDEX jobs_in_lane ON jobs (lane, run_at_ms) WHERE state = 'ready' AND lane <> '';
CREATE UNIQUE INDEX jobs_one_per_lane ON jobs (lane) WHERE state = 'leased' AND lane <> '';
CREATE INDEX jobs_leased ON jobs (leased_until_ms) WHERE state = 'leased';
CREATE INDEX jobs_dead ON jobs (ended_at_ms) WHERE state = 'dead';
CREATE INDEX jobs_ended ON jobs (ended_at_ms) WHERE state IN ('done', 'cancelled');
CREATE INDEX jobs_of_user ON jobs (user_id, created_at_ms) WHERE user_id IS NOT NULL;

-- One row per lane with work, so that a claim never walks over what waits behind a busy lane.
CREATE TABLE lanes (
    lane TEXT PRIMARY KEY,
    queue TEXT NOT NULL,
    busy INTEGER NOT NULL DEFAULT 0 CHECK (busy IN (0, 1)),
    next_at_ms INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX lanes_due ON lanes (queue, next_at_ms) WHERE busy = 0 AND next_at_ms IS NOT NULL;

-- A queue is paused by a configuration error, until an operator mends it or the time comes to try again.
CREATE TABLE queue_pauses (
    queue TEXT PRIMARY KEY,
    until_ms INTEGER NOT NULL,
    reason TEXT NOT NULL,
    since_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Why is the last entry of `errors`: SQLite 3.40 lets no view call JSON functions when the schema is not trusted, as ours is not.
CREATE VIEW dead_letters AS
SELECT id, kind, queue, lane, key, user_id, payload, trace_id, attempts, crashes, replays, errors, due_at_ms, created_at_ms,
       ended_at_ms
FROM jobs WHERE state = 'dead';

CREATE TABLE schedules (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,                         -- the kind of job it makes
    user_id TEXT,
    ref_id TEXT NOT NULL DEFAULT '',            -- what it is about: a reminder's id
    cron TEXT NOT NULL DEFAULT '',              -- over local time; empty: once
    zone TEXT NOT NULL,
    next_wall TEXT NOT NULL,                    -- YYYY-MM-DDTHH:MM[:SS], local
    next_at_ms INTEGER,                         -- the same as an instant; NULL when nothing is left to fire
    created_at_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX schedules_due ON schedules (next_at_ms) WHERE next_at_ms IS NOT NULL;
CREATE INDEX schedules_of_user ON schedules (user_id);
CREATE UNIQUE INDEX schedules_of_thing ON schedules (kind, ref_id) WHERE ref_id <> '';

CREATE TABLE switches (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    set_at_ms INTEGER NOT NULL,
    set_by TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What operators and support staff did, and why. Nothing is ever changed in it.
CREATE TABLE audit_log (
    id INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    reason TEXT NOT NULL,
    subject TEXT NOT NULL DEFAULT '',
    details TEXT NOT NULL DEFAULT '{}'
) STRICT;

CREATE TRIGGER audit_log_is_not_edited BEFORE UPDATE ON audit_log BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END;
CREATE TRIGGER audit_log_is_not_cut BEFORE DELETE ON audit_log BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END;

-- Long-running tasks that crashed and were started again.
CREATE TABLE task_crashes (
    id INTEGER PRIMARY KEY,
    task TEXT NOT NULL,
    error TEXT NOT NULL,
    at_ms INTEGER NOT NULL
) STRICT;
