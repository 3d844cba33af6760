-- A replay of dead letters is a plan before it is an act: what was shown is what runs, line by line, and runs once.

CREATE TABLE replay_plans (
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'running', 'stopped', 'done')),
    made_at_ms INTEGER NOT NULL,
    rate REAL NOT NULL CHECK (rate > 0),        -- messages a second, once the first ones went well
    facts TEXT NOT NULL,                        -- what was shown beside the lines, as JSON
    known TEXT NOT NULL,                        -- JSON list of causes: dying of any other stops it
    actor TEXT NOT NULL DEFAULT '',             -- who began it, and why
    reason TEXT NOT NULL DEFAULT '',
    begun_at_ms INTEGER,
    ended_at_ms INTEGER,
    stopped_by TEXT NOT NULL DEFAULT '',        -- in plain words
    CHECK ((state = 'draft') = (begun_at_ms IS NULL)),
    CHECK ((state IN ('stopped', 'done')) = (ended_at_ms IS NOT NULL))
) STRICT;

CREATE UNIQUE INDEX replay_plans_one_runs ON replay_plans (state) WHERE state = 'running';

CREATE TABLE replay_plan_lines (
    plan_id TEXT NOT NULL REFERENCES replay_plans (id),
    place INTEGER NOT NULL,                     -- in the order of release
    job_id TEXT NOT NULL,                       -- the letter
    kind TEXT NOT NULL,
    user_id TEXT,
    bundle INTEGER NOT NULL,                    -- letters of one bundle are released together, as one message
    what TEXT NOT NULL CHECK (what IN ('now', 'later', 'template', 'held', 'too_late', 'opted_out', 'arrived', 'lost',
                                       'poison', 'next')),
    speaks INTEGER NOT NULL CHECK (speaks IN (0, 1)),  -- 1: the line that stands for the bundle's one message
    note TEXT NOT NULL DEFAULT '',              -- why, where `what` does not say it all
    run_at_ms INTEGER,
    wall TEXT NOT NULL DEFAULT '',              -- run_at by the person's clock, HH:MM, where it waits for their morning
    cost_micros INTEGER NOT NULL DEFAULT 0 CHECK (cost_micros >= 0),
    died_at_ms INTEGER NOT NULL,                -- the letter as it was seen: another death of it is another letter
    replays INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'released', 'stale', 'left')),
    state_at_ms INTEGER NOT NULL,
    message_id TEXT,                            -- the message that carries it
    PRIMARY KEY (plan_id, place),
    UNIQUE (plan_id, job_id),
    CHECK ((what IN ('now', 'later', 'template', 'held')) = (run_at_ms IS NOT NULL)),
    CHECK ((run_at_ms IS NULL) = (state = 'left'))
) STRICT;

CREATE UNIQUE INDEX replay_one_message_each ON replay_plan_lines (plan_id, user_id) WHERE speaks = 1 AND user_id IS NOT NULL;
CREATE INDEX replay_lines_of_job ON replay_plan_lines (job_id);
CREATE INDEX replay_lines_of_user ON replay_plan_lines (user_id) WHERE user_id IS NOT NULL;

-- The plan that sent a message back to work: what comes late waits for the person's morning, and is never read out by phone.
ALTER TABLE messages_v2 ADD COLUMN replayed_by TEXT NOT NULL DEFAULT '';
