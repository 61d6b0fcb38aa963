-- Types are PostgreSQL's; the SQLite engine translates BIGINT, BYTEA and COLLATE "C".
-- Every primary key begins with its distribution column: `sub` for what belongs to one user, `key`
-- for names, and `id` for small configuration, which a sharded engine keeps as reference tables.
-- Times are milliseconds since 1970. Whatever is a key is ordered by code point, as SQLite does, and
-- not by the rules of the language that a database was made for.

CREATE TABLE data_keys (
    id TEXT COLLATE "C" PRIMARY KEY,
    wrapped BYTEA NOT NULL
);

CREATE TABLE configuration (
    id BIGINT PRIMARY KEY,
    generation BIGINT NOT NULL
);
INSERT INTO configuration (id, generation) VALUES (1, 1);

CREATE TABLE pools (
    id TEXT COLLATE "C" PRIMARY KEY,
    version BIGINT NOT NULL,
    deleted BIGINT NOT NULL DEFAULT 0,
    body TEXT NOT NULL
);

CREATE TABLE clients (
    id TEXT COLLATE "C" PRIMARY KEY,
    pool_id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    body TEXT NOT NULL,
    secrets BYTEA NOT NULL
);
CREATE INDEX clients_of_pool ON clients (pool_id, id);

CREATE TABLE signing_keys (
    kid TEXT COLLATE "C" PRIMARY KEY,
    pool_id TEXT COLLATE "C" NOT NULL,
    key_use TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    private_key BYTEA NOT NULL
);
CREATE INDEX signing_keys_of_pool ON signing_keys (pool_id);

CREATE TABLE users (
    sub TEXT COLLATE "C" NOT NULL,
    pool_id TEXT COLLATE "C" NOT NULL,
    username TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    enabled BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    modified_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    attributes TEXT NOT NULL,
    find_email TEXT COLLATE "C",
    find_phone_number TEXT COLLATE "C",
    find_name TEXT COLLATE "C",
    find_given_name TEXT COLLATE "C",
    find_family_name TEXT COLLATE "C",
    find_preferred_username TEXT COLLATE "C",
    PRIMARY KEY (sub, pool_id)
);
CREATE INDEX users_by_username ON users (pool_id, username, sub);
CREATE INDEX users_by_sub ON users (pool_id, sub);
CREATE INDEX users_by_status ON users (pool_id, status, sub);
CREATE INDEX users_by_enabled ON users (pool_id, enabled, sub);
CREATE INDEX users_by_email ON users (pool_id, find_email, sub)
    WHERE find_email IS NOT NULL;
CREATE INDEX users_by_phone_number ON users (pool_id, find_phone_number, sub)
    WHERE find_phone_number IS NOT NULL;
CREATE INDEX users_by_name ON users (pool_id, find_name, sub)
    WHERE find_name IS NOT NULL;
CREATE INDEX users_by_given_name ON users (pool_id, find_given_name, sub)
    WHERE find_given_name IS NOT NULL;
CREATE INDEX users_by_family_name ON users (pool_id, find_family_name, sub)
    WHERE find_family_name IS NOT NULL;
CREATE INDEX users_by_preferred_username ON users (pool_id, find_preferred_username, sub)
    WHERE find_preferred_username IS NOT NULL;

CREATE TABLE names (
    key TEXT COLLATE "C" PRIMARY KEY,
    sub TEXT COLLATE "C" NOT NULL
);

CREATE TABLE credentials (
    sub TEXT COLLATE "C" NOT NULL,
    pool_id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (sub, pool_id)
);

CREATE TABLE codes (
    sub TEXT COLLATE "C" NOT NULL,
    pool_id TEXT COLLATE "C" NOT NULL,
    purpose TEXT COLLATE "C" NOT NULL,
    digest BYTEA NOT NULL,
    attribute TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (sub, pool_id, purpose)
);

CREATE TABLE attempts (
    sub TEXT COLLATE "C" NOT NULL,
    pool_id TEXT COLLATE "C" NOT NULL,
    action TEXT COLLATE "C" NOT NULL,
    since BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (sub, pool_id, action)
);
CREATE INDEX attempts_by_since ON attempts (since);

CREATE TABLE outbox (
    id TEXT COLLATE "C" PRIMARY KEY,
    due_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    sealed BYTEA NOT NULL
);
CREATE INDEX outbox_by_due ON outbox (due_at, id);

CREATE TABLE inbox (
    id TEXT COLLATE "C" PRIMARY KEY,
    pool_id TEXT COLLATE "C" NOT NULL,
    username TEXT COLLATE "C" NOT NULL,
    sealed BYTEA NOT NULL
);
CREATE INDEX inbox_by_user ON inbox (pool_id, username, id);

CREATE TABLE principals (
    arn TEXT COLLATE "C" PRIMARY KEY,
    version BIGINT NOT NULL,
    body TEXT NOT NULL
);

CREATE TABLE access_keys (
    id TEXT COLLATE "C" PRIMARY KEY,
    principal_arn TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    body TEXT NOT NULL,
    sealed BYTEA NOT NULL
);
CREATE INDEX access_keys_of_principal ON access_keys (principal_arn);

CREATE TABLE audit (
    id TEXT COLLATE "C" PRIMARY KEY,
    records TEXT NOT NULL
);
