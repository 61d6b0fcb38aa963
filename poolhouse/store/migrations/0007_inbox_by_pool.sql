-- The inbox shows a pool's messages, the newest first.

CREATE INDEX inbox_by_pool ON inbox (pool_id, id);
