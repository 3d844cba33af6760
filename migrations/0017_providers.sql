-- Why each dependency is left alone, what became of it before, who holds it by hand, and which tools broke.

ALTER TABLE breakers ADD COLUMN cause TEXT NOT NULL DEFAULT ''
    CHECK (cause IN ('', 'setup', 'key', 'money', 'model'));    -- '': it fails; else what waiting does not mend
ALTER TABLE breakers ADD COLUMN not_before_ms INTEGER;          -- it is well, and asked for a pause until then
ALTER TABLE breakers ADD COLUMN setup TEXT NOT NULL DEFAULT ''; -- digest of the key, model and address it was opened under

CREATE TABLE breaker_changes (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'closed', 'held open', 'held closed', 'by itself')),
    reason TEXT NOT NULL
) STRICT;

CREATE INDEX breaker_changes_of ON breaker_changes (name, id);

-- What an operator wants of a breaker, whatever it has seen itself.
CREATE TABLE breaker_overrides (
    name TEXT PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('open', 'closed')),
    set_at_ms INTEGER NOT NULL,
    set_by TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- A tool that broke: no fault of the person's or the model's, unlike a `failed` of tool_executions.
CREATE TABLE tool_faults (
    id INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    turn_id TEXT NOT NULL,
    tool TEXT NOT NULL,
    error TEXT NOT NULL,
    at_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX tool_faults_by_time ON tool_faults (at_ms);
CREATE INDEX tool_faults_of_user ON tool_faults (user_id);
CREATE INDEX tool_executions_by_time ON tool_executions (at_ms);
