-- Forms as they stand at the vendor: what was uploaded last, and whether it may be sent.

CREATE TABLE flows (
    name TEXT NOT NULL CHECK (name <> ''),      -- Ivy's name of the form
    language TEXT NOT NULL CHECK (language IN ('en', 'es')),
    vendor_id TEXT NOT NULL UNIQUE CHECK (vendor_id <> ''),
    digest TEXT NOT NULL,                       -- SHA-256 of the JSON uploaded last; empty before the first upload
    state TEXT NOT NULL CHECK (state IN ('DRAFT', 'PUBLISHED', 'DEPRECATED', 'BLOCKED', 'THROTTLED')),
    updated_at_ms INTEGER NOT NULL,
    PRIMARY KEY (name, language)
) STRICT, WITHOUT ROWID;
