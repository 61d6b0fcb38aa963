-- Codes that replace a lost second factor at a sign-in on pages. Each is a row until it is used, and is
-- found by its keyed digest.

CREATE TABLE recovery_codes (
    sub TEXT COLLATE "C" NOT NULL,
    pool_id TEXT COLLATE "C" NOT NULL,
    digest BYTEA NOT NULL,
    made_at BIGINT NOT NULL,
    PRIMARY KEY (sub, pool_id, digest)
);
