-- +goose Up

-- Who is in which group. Both are rows of identities; groups are of kind group.
CREATE TABLE memberships (
    identity_group TEXT NOT NULL REFERENCES identities (id),
    member         TEXT NOT NULL REFERENCES identities (id),
    PRIMARY KEY (identity_group, member)
);
CREATE INDEX memberships_member ON memberships (member);

-- When a long-term key was last used, and for what; written now and then, never
-- on the way of a request.
CREATE TABLE access_key_uses (
    access_key TEXT   PRIMARY KEY,
    used       BIGINT NOT NULL,
    service    TEXT   NOT NULL,
    region     TEXT   NOT NULL
);

ALTER TABLE accounts ADD COLUMN alias TEXT NOT NULL DEFAULT '';

-- The highest version number that a managed policy ever had: numbers of deleted
-- versions are not used again.
ALTER TABLE managed_policies ADD COLUMN latest_version BIGINT NOT NULL DEFAULT 1;
