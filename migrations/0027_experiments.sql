-- Who got which value of an experiment, kept when it first mattered: a later change of the arms moves nobody.

CREATE TABLE experiment_arms (
    user_id TEXT NOT NULL REFERENCES users (id),
    experiment TEXT NOT NULL CHECK (experiment <> ''),
    setting TEXT NOT NULL,                      -- what it varied then
    arm TEXT NOT NULL CHECK (arm <> ''),
    value REAL NOT NULL,                        -- what the arm meant then
    day TEXT NOT NULL,                          -- the person's local date: their days count from it on
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (user_id, experiment)
) STRICT, WITHOUT ROWID;

CREATE INDEX experiment_arms_by_name ON experiment_arms (experiment, arm);
