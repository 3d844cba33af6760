-- A call may carry one message, as the last rung but mail: it is a kind of its own, and no coach's call.
-- SQLite cannot change a CHECK, so the table is made anew under its own name, from a copy of its rows. What points at it
-- (transcripts) is looked at when this transaction ends: by then every call is back.
PRAGMA defer_foreign_keys = ON;

CREATE TABLE calls_before AS SELECT * FROM calls;

DROP TABLE calls;

CREATE TABLE calls (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    kind TEXT NOT NULL CHECK (kind IN ('morning', 'evening', 'weekly', 'monthly', 'rescue', 'test', 'hello', 'inbound', 'notice')),
    direction TEXT NOT NULL DEFAULT 'out' CHECK (direction IN ('out', 'in')),
    slot TEXT NOT NULL UNIQUE,                  -- the one intended call: person, kind, local date, attempt; notice and its message; …
    day TEXT NOT NULL,                          -- the person's local date
    chosen INTEGER NOT NULL DEFAULT 0 CHECK (chosen IN (0, 1)),  -- 1: a slot they chose, or a call they asked for
    attempt INTEGER NOT NULL DEFAULT 1,
    first_id TEXT,                              -- the first attempt of its chain
    asked_by TEXT NOT NULL DEFAULT 'schedule',  -- schedule, person, operator, ladder, message
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

INSERT INTO calls (id, user_id, kind, direction, slot, day, chosen, attempt, first_id, asked_by, state, reason, provider,
    provider_call_id, to_number, language, prompt, snapshot, report, outcome, reserved_seconds, due_at_ms, placed_at_ms,
    ended_at_ms, proved_at_ms, trace_id)
SELECT id, user_id, kind, direction, slot, day, chosen, attempt, first_id, asked_by, state, reason, provider,
    provider_call_id, to_number, language, prompt, snapshot, report, outcome, reserved_seconds, due_at_ms, placed_at_ms,
    ended_at_ms, proved_at_ms, trace_id
FROM calls_before ORDER BY rowid;

DROP TABLE calls_before;

CREATE UNIQUE INDEX calls_at_provider ON calls (provider, provider_call_id) WHERE provider_call_id IS NOT NULL;
CREATE INDEX calls_of_user ON calls (user_id, due_at_ms);
CREATE INDEX calls_open ON calls (state) WHERE state IN ('dialing', 'live');
CREATE INDEX calls_by_day ON calls (placed_at_ms) WHERE placed_at_ms IS NOT NULL;
