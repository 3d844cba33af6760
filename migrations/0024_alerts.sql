-- Each way to the operator is told of an alert on its own: one that fails holds up no other, and none hears a thing twice.

CREATE TABLE alert_told (
    alert_id INTEGER NOT NULL REFERENCES alerts (id) ON DELETE CASCADE,
    route TEXT NOT NULL CHECK (route <> ''),
    severity TEXT NOT NULL CHECK (severity IN ('info', 'warning', 'critical')), -- as it was told
    told_at_ms INTEGER NOT NULL,                -- when it was last told that it is there
    over_at_ms INTEGER,                         -- when it was told that it is over
    sending TEXT NOT NULL DEFAULT '',           -- the job that told it last
    PRIMARY KEY (alert_id, route)
) STRICT, WITHOUT ROWID;

CREATE INDEX alert_told_end ON alert_told (route, alert_id) WHERE over_at_ms IS NULL;
CREATE INDEX alert_told_sending ON alert_told (sending) WHERE sending <> '';

-- What the operator heard so far, they heard by mail. The end of an alert that was told is news while told_at_ms is NULL.
INSERT INTO alert_told (alert_id, route, severity, told_at_ms)
SELECT id, 'mail', severity, coalesce(told_at_ms, first_at_ms) FROM alerts
WHERE (resolved_at_ms IS NULL AND told_at_ms IS NOT NULL) OR (resolved_at_ms IS NOT NULL AND told_at_ms IS NULL);

-- When the operator's own phone last wrote to us: whether or not they are one of the people, it opens a window for alerts.
CREATE TABLE operator_lines (
    channel TEXT PRIMARY KEY,
    wrote_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
