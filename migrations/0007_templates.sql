-- A template can be sent only as Meta approved it, and costs what the category says that Meta gave it: both are kept here.

CREATE TABLE templates (
    channel TEXT NOT NULL CHECK (channel <> ''),
    name TEXT NOT NULL CHECK (name <> ''),
    language TEXT NOT NULL CHECK (language <> '' AND language NOT LIKE '%-%'),  -- es, es_CO
    vendor_id TEXT CHECK (vendor_id <> ''),
    digest TEXT NOT NULL DEFAULT '',            -- of the words we submitted; empty: not ours, or somebody changed them
    body TEXT NOT NULL DEFAULT '',              -- as submitted
    category_asked TEXT NOT NULL DEFAULT '',
    category TEXT NOT NULL DEFAULT '',          -- as Meta assigned it: it sets the price
    status TEXT NOT NULL CHECK (status <> ''),  -- Meta's word; only APPROVED may be sent
    quality TEXT NOT NULL DEFAULT '',
    reason TEXT NOT NULL DEFAULT '',
    paused_until_ms INTEGER CHECK (paused_until_ms IS NULL OR status = 'PAUSED'),
    coming_category TEXT NOT NULL DEFAULT '',
    coming_at_ms INTEGER,
    submitted_at_ms INTEGER,
    status_at_ms INTEGER NOT NULL DEFAULT 0,    -- each side has the instant of its last news: older news is dropped
    category_at_ms INTEGER NOT NULL DEFAULT 0,
    coming_told_at_ms INTEGER NOT NULL DEFAULT 0,
    quality_at_ms INTEGER NOT NULL DEFAULT 0,
    words_at_ms INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (channel, name, language),
    CHECK ((coming_category = '') = (coming_at_ms IS NULL))
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX templates_of_vendor ON templates (channel, vendor_id) WHERE vendor_id IS NOT NULL;
