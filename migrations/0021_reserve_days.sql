-- A reserve day may be spent on request: its word is one of its own, so that the streak can be computed from the words alone.
-- SQLite cannot change a CHECK, so the table is made anew under its own name, from a copy of its rows. Nothing points at it.
CREATE TABLE streak_events_new (
    id INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    day TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('kept', 'rest', 'excused', 'reserve', 'skipped', 'missed', 'none')),
    workout_id TEXT,
    source TEXT NOT NULL,
    at_ms INTEGER NOT NULL
) STRICT;

INSERT INTO streak_events_new (id, user_id, day, outcome, workout_id, source, at_ms)
SELECT id, user_id, day, outcome, workout_id, source, at_ms FROM streak_events ORDER BY id;

DROP TABLE streak_events;

ALTER TABLE streak_events_new RENAME TO streak_events;

CREATE INDEX streak_events_of_user ON streak_events (user_id, day, id);
