-- What others wrote and people let in: which turns read such text, and which words of it are kept with their consent.

ALTER TABLE turns ADD COLUMN foreign_from TEXT NOT NULL DEFAULT '';   -- where text by others in it came from, as words; '': none

CREATE TABLE foreign_texts (
    user_id TEXT NOT NULL REFERENCES users (id),
    text TEXT NOT NULL CHECK (text <> ''),      -- plain words: no case, accents, punctuation
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (user_id, text)
) STRICT, WITHOUT ROWID;
