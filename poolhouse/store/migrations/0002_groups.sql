-- Groups are small configuration: a reference table on a sharded engine. Memberships live with their
-- user, and in an index by group for the list of its members. They are bound to the group's id, so
-- that a group created again under an old name has no old members; those are deleted afterwards.

CREATE TABLE groups (
    pool_id TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (pool_id, key)
);
CREATE UNIQUE INDEX groups_by_id ON groups (id);

CREATE TABLE memberships (
    sub TEXT COLLATE "C" NOT NULL,
    pool_id TEXT COLLATE "C" NOT NULL,
    group_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (sub, pool_id, group_id)
);
CREATE INDEX memberships_by_group ON memberships (group_id, sub);

CREATE TABLE deleted_groups (
    id TEXT COLLATE "C" PRIMARY KEY,
    deleted_at BIGINT NOT NULL
);
