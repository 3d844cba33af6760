-- The place of the if-then sentence, apart from its time: `cue` held whichever of both somebody named, and holds the time now.
-- in the person's words; '' where they named none, and in rows from before, whose place stands in `cue`
ALTER TABLE if_then_plans ADD COLUMN place TEXT NOT NULL DEFAULT '';
-- `changed_at_ms` when the place beside it was kept: if the two differ, an older Ivy has written the plan anew, without one.
ALTER TABLE if_then_plans ADD COLUMN place_at_ms INTEGER;

-- Who was here while the text before a workout came without being asked for: it comes to them until they say otherwise, and
-- to whoever came later only if they wished for it.
CREATE TABLE reminded_unasked (
    user_id TEXT PRIMARY KEY REFERENCES users (id)
) STRICT, WITHOUT ROWID;

INSERT INTO reminded_unasked (user_id) SELECT id FROM users;
