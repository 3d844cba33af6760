-- What is still kept whole of what arrived, by when it came: forgetting it each hour read every row there ever was.
CREATE INDEX inbox_kept ON webhook_inbox (received_at_ms) WHERE body IS NOT NULL;
