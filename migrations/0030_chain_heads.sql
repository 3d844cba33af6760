-- Rows cut off the end of a chain of hashes leave no trace in what is left: the end of each chain is kept beside it. And by what
-- rule a workout was judged is still known after an older Ivy, which kept no rules, has worked on the same file for a while.

-- Where each chain ends: `n` is the number of its last row, `hash` that row's; "" for none, or not reckoned yet.
CREATE TABLE chain_heads (
    chain TEXT PRIMARY KEY CHECK (chain IN ('donations', 'audit_log')),
    n INTEGER NOT NULL CHECK (n >= 0),
    hash TEXT NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO chain_heads (chain, n, hash)
    SELECT 'donations', coalesce(max(n), 0), coalesce((SELECT hash FROM donations ORDER BY n DESC LIMIT 1), '') FROM donations
    UNION ALL
    SELECT 'audit_log', coalesce(max(id), 0), '' FROM audit_log;

CREATE TRIGGER chain_heads_only_grow BEFORE UPDATE ON chain_heads WHEN NEW.n <= OLD.n AND OLD.hash <> '' BEGIN SELECT RAISE(ABORT, 'a chain only grows'); END;
CREATE TRIGGER chain_heads_are_not_cut BEFORE DELETE ON chain_heads BEGIN SELECT RAISE(ABORT, 'a chain only grows'); END;

-- Each line of the audit log with the hash of itself and of the one before; NULL where an older Ivy wrote it.
ALTER TABLE audit_log ADD COLUMN hash TEXT;

-- Which rule somebody's workouts were judged by, and since when; before the first of them, as far as is known: 10 minutes, and
-- nothing in part.
CREATE TABLE workout_rules (
    user_id TEXT NOT NULL REFERENCES users (id),
    since_ms INTEGER NOT NULL,
    counts_from INTEGER NOT NULL,
    part_gives TEXT NOT NULL CHECK (part_gives IN ('none', 'pro_rata', 'full')),
    PRIMARY KEY (user_id, since_ms)
) STRICT, WITHOUT ROWID;

-- `changed_at_ms` when the rule beside it was kept: if the two differ, an older Ivy has spoken of the workout since.
ALTER TABLE workouts ADD COLUMN rule_at_ms INTEGER;
