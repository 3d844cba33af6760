-- Every cost has its row before it is spent; what a day has cost is one row to read, and adds up by itself.

-- The ledger again, with embeddings among its kinds and a count of the requests that one row pays for.
CREATE TABLE cost_ledger_new (
    id TEXT PRIMARY KEY,                        -- the ai_usage row, message, call or recording it pays for
    day TEXT NOT NULL,                          -- UTC date on which it was reserved
    kind TEXT NOT NULL CHECK (kind IN ('model', 'message', 'call', 'transcription', 'embedding')),
    provider TEXT NOT NULL,
    model TEXT NOT NULL DEFAULT '',
    user_id TEXT,
    amount_micros INTEGER NOT NULL CHECK (amount_micros >= 0),
    state TEXT NOT NULL CHECK (state IN ('reserved', 'settled')),
    at_ms INTEGER NOT NULL,
    requests INTEGER NOT NULL DEFAULT 1 CHECK (requests > 0)  -- a message that is sent again is still one row
) STRICT;

INSERT INTO cost_ledger_new (rowid, id, day, kind, provider, model, user_id, amount_micros, state, at_ms)
    SELECT rowid, id, day, kind, provider, model, user_id, amount_micros, state, at_ms FROM cost_ledger;
DROP TABLE cost_ledger;
ALTER TABLE cost_ledger_new RENAME TO cost_ledger;

CREATE INDEX cost_ledger_by_day ON cost_ledger (day, kind);
CREATE INDEX cost_ledger_by_user ON cost_ledger (user_id, day);
CREATE INDEX cost_ledger_open ON cost_ledger (kind, at_ms) WHERE state = 'reserved';

-- What the caps look at: a day's models, messages, recordings and embeddings, in all ('') and by person. Calls have minutes.
CREATE TABLE spend_days (
    day TEXT NOT NULL,
    user_id TEXT NOT NULL,
    micros INTEGER NOT NULL,
    PRIMARY KEY (day, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX spend_days_of ON spend_days (user_id, day, micros);

INSERT INTO spend_days (day, user_id, micros)
    SELECT day, '', sum(amount_micros) FROM cost_ledger WHERE kind <> 'call' GROUP BY day
    UNION ALL
    SELECT day, user_id, sum(amount_micros) FROM cost_ledger WHERE kind <> 'call' AND user_id IS NOT NULL GROUP BY day, user_id;

CREATE TRIGGER cost_ledger_adds AFTER INSERT ON cost_ledger WHEN NEW.kind <> 'call' AND NEW.amount_micros > 0 BEGIN
    INSERT INTO spend_days (day, user_id, micros) VALUES (NEW.day, '', NEW.amount_micros)
        ON CONFLICT (day, user_id) DO UPDATE SET micros = micros + excluded.micros;
    INSERT INTO spend_days (day, user_id, micros) SELECT NEW.day, NEW.user_id, NEW.amount_micros WHERE NEW.user_id IS NOT NULL
        ON CONFLICT (day, user_id) DO UPDATE SET micros = micros + excluded.micros;
END;

CREATE TRIGGER cost_ledger_takes AFTER DELETE ON cost_ledger WHEN OLD.kind <> 'call' AND OLD.amount_micros > 0 BEGIN
    UPDATE spend_days SET micros = micros - OLD.amount_micros WHERE day = OLD.day AND user_id IN ('', OLD.user_id);
END;

CREATE TRIGGER cost_ledger_changes AFTER UPDATE OF amount_micros, day, user_id, kind ON cost_ledger
    WHEN OLD.amount_micros <> NEW.amount_micros OR OLD.day <> NEW.day OR OLD.kind <> NEW.kind
        OR OLD.user_id IS NOT NEW.user_id BEGIN
    UPDATE spend_days SET micros = micros - OLD.amount_micros
        WHERE day = OLD.day AND user_id IN ('', OLD.user_id) AND OLD.kind <> 'call';
    INSERT INTO spend_days (day, user_id, micros) SELECT NEW.day, '', NEW.amount_micros WHERE NEW.kind <> 'call'
        ON CONFLICT (day, user_id) DO UPDATE SET micros = micros + excluded.micros;
    INSERT INTO spend_days (day, user_id, micros)
        SELECT NEW.day, NEW.user_id, NEW.amount_micros WHERE NEW.kind <> 'call' AND NEW.user_id IS NOT NULL
        ON CONFLICT (day, user_id) DO UPDATE SET micros = micros + excluded.micros;
END;
