-- One answer of the agent, journalled step by step, and what each step cost.

CREATE TABLE turns (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    key TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done', 'failed')),
    prompt TEXT NOT NULL,                       -- name and version of the words it was made with
    trace_id TEXT NOT NULL,
    started_at_ms INTEGER NOT NULL,
    ended_at_ms INTEGER
) STRICT;

CREATE INDEX turns_of_user ON turns (user_id, started_at_ms);

CREATE TABLE turn_steps (
    turn_id TEXT NOT NULL REFERENCES turns (id),
    n INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('context', 'words', 'answer', 'results', 'reply')),
    payload TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (turn_id, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE tool_executions (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    turn_id TEXT NOT NULL,
    tool TEXT NOT NULL,
    arguments TEXT NOT NULL,
    key TEXT NOT NULL UNIQUE,                   -- turn, step, ordinal, tool, canonical arguments
    status TEXT NOT NULL CHECK (status IN ('done', 'failed', 'refused')),
    result TEXT NOT NULL,
    at_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX tool_executions_of_user ON tool_executions (user_id, at_ms);
CREATE INDEX tool_executions_of_turn ON tool_executions (turn_id);

-- A question Ivy asked and the one action its answer resumes.
CREATE TABLE pending_actions (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    done_at_ms INTEGER
) STRICT;

CREATE INDEX pending_actions_open ON pending_actions (user_id, created_at_ms) WHERE done_at_ms IS NULL;

-- Tokens and latency of every call to a model, failed ones too. A row is there before the call is.
CREATE TABLE ai_usage (
    id TEXT PRIMARY KEY,
    user_id TEXT,
    turn_id TEXT,
    role TEXT NOT NULL,
    vendor TEXT NOT NULL,
    model TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('reserved', 'done', 'failed', 'unknown')),
    error TEXT NOT NULL DEFAULT '',
    input_tokens INTEGER NOT NULL DEFAULT 0,
    output_tokens INTEGER NOT NULL DEFAULT 0,
    cache_read_tokens INTEGER NOT NULL DEFAULT 0,
    cache_write_tokens INTEGER NOT NULL DEFAULT 0,
    input_price INTEGER NOT NULL,               -- micro-dollars per million tokens, as applied
    output_price INTEGER NOT NULL,
    cache_read_price INTEGER NOT NULL,
    cache_write_price INTEGER NOT NULL,
    price_source TEXT NOT NULL,
    latency_ms INTEGER,
    request_id TEXT NOT NULL DEFAULT '',
    trace_id TEXT NOT NULL,
    at_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX ai_usage_by_time ON ai_usage (at_ms);
CREATE INDEX ai_usage_of_turn ON ai_usage (turn_id);

-- Money, and only here: micro-dollars, reserved before it is spent and settled after.
CREATE TABLE cost_ledger (
    id TEXT PRIMARY KEY,                        -- the ai_usage row or message it pays for
    day TEXT NOT NULL,                          -- UTC date
    kind TEXT NOT NULL CHECK (kind IN ('model', 'message', 'call', 'transcription')),
    provider TEXT NOT NULL,
    model TEXT NOT NULL DEFAULT '',
    user_id TEXT,
    amount_micros INTEGER NOT NULL CHECK (amount_micros >= 0),
    state TEXT NOT NULL CHECK (state IN ('reserved', 'settled')),
    at_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX cost_ledger_by_day ON cost_ledger (day, kind);
CREATE INDEX cost_ledger_by_user ON cost_ledger (user_id, day);
