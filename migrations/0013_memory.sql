-- Memory: what a person said, spent and told of themselves, found again by its words and by its meaning.

CREATE TABLE user_memory (
    id INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    kind TEXT NOT NULL CHECK (length(kind) BETWEEN 1 AND 40),  -- message, expense, fact …: what `ref` is the id of
    ref TEXT NOT NULL CHECK (ref <> ''),
    text TEXT NOT NULL CHECK (text <> ''),
    digest TEXT NOT NULL,                       -- of "kind: text", which is what is embedded
    length INTEGER NOT NULL CHECK (length >= 0),  -- in words that count
    at_ms INTEGER NOT NULL,                     -- when it was said or spent
    UNIQUE (user_id, kind, ref)
) STRICT;

-- Which memories have which word. By person first: a search reads nobody else's words, and how rare a word is
-- is told by this person's memories alone.
CREATE TABLE memory_words (
    user_id TEXT NOT NULL,
    word TEXT NOT NULL,
    memory_id INTEGER NOT NULL REFERENCES user_memory (id) ON DELETE CASCADE,
    times INTEGER NOT NULL CHECK (times > 0),
    PRIMARY KEY (user_id, word, memory_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX memory_words_by_memory ON memory_words (memory_id);

-- One for each model that texts are embedded with. Its vectors are in a vec0 table of its own, `memory_vectors_<id>`,
-- partitioned by person, which is made when the space is: its width is the model's.
CREATE TABLE memory_spaces (
    id INTEGER PRIMARY KEY,
    model TEXT NOT NULL CHECK (model <> ''),
    dimension INTEGER NOT NULL CHECK (dimension BETWEEN 1 AND 8192),
    state TEXT NOT NULL CHECK (state IN ('wanted', 'old')),  -- wanted: what is new goes here; old: searched until that is done
    since_ms INTEGER NOT NULL,
    UNIQUE (model, dimension)
) STRICT;
CREATE UNIQUE INDEX memory_spaces_one_wanted ON memory_spaces (state) WHERE state = 'wanted';

-- Of which text there is a vector. A memory whose digest is another by now, or that has no row, is still to be embedded.
CREATE TABLE memory_embeddings (
    memory_id INTEGER NOT NULL REFERENCES user_memory (id),  -- without ON DELETE: the vector must go first
    space_id INTEGER NOT NULL REFERENCES memory_spaces (id),
    user_id TEXT NOT NULL REFERENCES users (id),
    model TEXT NOT NULL,
    dimension INTEGER NOT NULL,
    digest TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (memory_id, space_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX memory_embeddings_by_person ON memory_embeddings (user_id, space_id, digest);
