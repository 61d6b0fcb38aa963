-- What signing in leaves behind. All of it belongs to one user and lives on the user's shard.
-- `signed_out_at`: no token of a sign-in before this time counts any more.
-- `devices.sign_in`: the Session of a sign-in that waits for this device, sealed for the client.

ALTER TABLE users ADD COLUMN signed_out_at BIGINT;
ALTER TABLE users ADD COLUMN mfa TEXT;

CREATE TABLE sessions (
    sub TEXT COLLATE "C" NOT NULL,
    pool_id TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (sub, pool_id, id)
);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE spent (
    sub TEXT COLLATE "C" NOT NULL,
    pool_id TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (sub, pool_id, id)
);
CREATE INDEX spent_by_expiry ON spent (expires_at);

CREATE TABLE software_tokens (
    sub TEXT COLLATE "C" NOT NULL,
    pool_id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (sub, pool_id)
);

CREATE TABLE devices (
    sub TEXT COLLATE "C" NOT NULL,
    pool_id TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    remembered BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    sign_in TEXT,
    PRIMARY KEY (sub, pool_id, key)
);

CREATE TABLE passkeys (
    sub TEXT COLLATE "C" NOT NULL,
    pool_id TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (sub, pool_id, id)
);

CREATE TABLE passkey_challenges (
    sub TEXT COLLATE "C" NOT NULL,
    pool_id TEXT COLLATE "C" NOT NULL,
    body TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (sub, pool_id)
);
