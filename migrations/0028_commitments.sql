-- What a workout counted from and gave in part when it was told: a minimum set later changes no day that is settled. What
-- somebody promised themself, how the plan is raised towards it, and the lock on making it easier.
-- minutes; NULL where nobody said yet what became of it, or said it when all had the usual rule: 10 minutes, and nothing in part
ALTER TABLE workouts ADD COLUMN counts_from INTEGER;
ALTER TABLE workouts ADD COLUMN part_gives TEXT CHECK (part_gives IN ('none', 'pro_rata', 'full'));

CREATE TABLE commitments (
    user_id TEXT PRIMARY KEY REFERENCES users (id),
    promised INTEGER NOT NULL DEFAULT 0 CHECK (promised BETWEEN 0 AND 14),  -- workouts a week that they called realistic
    locked_at_ms INTEGER,                       -- since when an easing waits; NULL: it never does
    raise_week TEXT NOT NULL DEFAULT '',        -- Monday of the week that one more day was proposed for last
    raise_refused INTEGER NOT NULL DEFAULT 0 CHECK (raise_refused >= 0)  -- in a row
) STRICT, WITHOUT ROWID;

INSERT INTO commitments (user_id, promised)
SELECT user_id, json_extract(answers, '$.promised') FROM onboardings
WHERE CASE WHEN json_valid(answers) THEN json_extract(answers, '$.promised') END BETWEEN 1 AND 14;

-- A wish that makes the plan easier, while the lock is on: the call of the tool that does it, once its day has come.
CREATE TABLE easings (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    tool TEXT NOT NULL,
    arguments TEXT NOT NULL,                    -- as JSON
    parts TEXT NOT NULL,                        -- what it eases: names of domain/easing.py, as JSON
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'off', 'refused')),
    why TEXT NOT NULL DEFAULT '',
    asked_at_ms INTEGER NOT NULL,
    due_at_ms INTEGER NOT NULL,
    ended_at_ms INTEGER,
    CHECK ((state = 'waiting') = (ended_at_ms IS NULL))
) STRICT;

CREATE INDEX easings_of_user ON easings (user_id, due_at_ms);
