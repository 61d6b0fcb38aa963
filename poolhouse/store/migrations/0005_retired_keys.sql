-- `retired_at`: since when a signing key signs no more; it verifies for as long as its tokens live.

ALTER TABLE signing_keys ADD COLUMN retired_at BIGINT;
CREATE INDEX signing_keys_by_retirement ON signing_keys (retired_at);
