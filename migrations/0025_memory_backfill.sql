-- Whose words and expenses from before there was a memory (0013) are still to be remembered: from the newest back, to where.

CREATE TABLE memory_backfill (
    user_id TEXT NOT NULL REFERENCES users (id),
    source TEXT NOT NULL CHECK (source IN ('message', 'expense')),
    before_ms INTEGER NOT NULL,                 -- what is older than this, and not done yet
    before_id TEXT NOT NULL DEFAULT '',         -- of what came at that very moment: what sorts before this
    PRIMARY KEY (user_id, source)
) STRICT, WITHOUT ROWID;

INSERT INTO memory_backfill (user_id, source, before_ms)
SELECT DISTINCT user_id, 'message', unixepoch(applied_at) * 1000
FROM messages_v2 JOIN _sqlite_migrations ON name = '0013_memory'
WHERE user_id IS NOT NULL AND direction = 'in' AND at_ms < unixepoch(applied_at) * 1000;

INSERT INTO memory_backfill (user_id, source, before_ms)
SELECT DISTINCT user_id, 'expense', unixepoch(applied_at) * 1000
FROM expenses JOIN _sqlite_migrations ON name = '0013_memory'
WHERE deleted_at_ms IS NULL AND created_at_ms < unixepoch(applied_at) * 1000;
