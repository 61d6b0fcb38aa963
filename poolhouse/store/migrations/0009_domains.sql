-- What a pool's domain needs. `domains`, `pool_resources` and `pool_assets` are configuration, which a
-- sharded engine keeps as reference tables. A code is found by its keyed digest alone: the
-- client that presents one names no user.

CREATE TABLE domains (
    name TEXT COLLATE "C" PRIMARY KEY,
    pool_id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX domains_of_pool ON domains (pool_id, name);

-- Resource servers, branding, UI customization, terms, policies of client metadata documents. `id` is
-- what the API calls one, `key` what else is unique in a pool and a kind.
CREATE TABLE pool_resources (
    pool_id TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (pool_id, kind, id)
);
CREATE UNIQUE INDEX pool_resources_by_key ON pool_resources (kind, key, pool_id);

-- Images of a resource, which are read apart from it. A name holds the hash of the content.
CREATE TABLE pool_assets (
    pool_id TEXT COLLATE "C" NOT NULL,
    owner TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    content BYTEA NOT NULL,
    PRIMARY KEY (pool_id, owner, name)
);

CREATE TABLE client_documents (
    pool_id TEXT COLLATE "C" NOT NULL,
    policy_id TEXT COLLATE "C" NOT NULL,
    url TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (pool_id, policy_id, url)
);
CREATE INDEX client_documents_by_expiry ON client_documents (expires_at);

CREATE TABLE authorization_codes (
    digest BYTEA PRIMARY KEY,
    pool_id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    sealed BYTEA NOT NULL
);
CREATE INDEX authorization_codes_by_expiry ON authorization_codes (expires_at);

CREATE TABLE browser_sessions (
    sub TEXT COLLATE "C" NOT NULL,
    pool_id TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (sub, pool_id, id)
);
CREATE INDEX browser_sessions_by_expiry ON browser_sessions (expires_at);

CREATE TABLE device_grants (
    digest BYTEA PRIMARY KEY,
    user_code TEXT COLLATE "C" NOT NULL,
    pool_id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    sealed BYTEA NOT NULL
);
CREATE UNIQUE INDEX device_grants_by_user_code ON device_grants (pool_id, user_code);
CREATE INDEX device_grants_by_expiry ON device_grants (expires_at);
