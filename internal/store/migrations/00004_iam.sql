-- +goose Up

-- Who is in which group. Both are rows of identities; groups are of kind group.
CREATE TABLE memberships (
    identity_group TEXT NOT NULL REFERENCES identities (id),
    member         TEXT NOT NULL REFERENCES identities (id),
    PRIMARY KEY (identity_group, member)
);
CREATE INDEX memberships_member ON memberships (member);

-- When credentials were last used, and for what; written now and then, never on
-- the way of a request. subject is the id of an access key, the unique id of a
-- role, or an account for its root user.
CREATE TABLE last_uses (
    subject TEXT   PRIMARY KEY,
    used    BIGINT NOT NULL,
    service TEXT   NOT NULL,
    region  TEXT   NOT NULL
);

-- An account has one alias at most, and no two have the same.
ALTER TABLE accounts ADD COLUMN alias TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX accounts_alias ON accounts (alias) WHERE alias <> '';

-- The highest version number that a managed policy ever had: numbers of deleted
-- versions are not used again.
ALTER TABLE managed_policies ADD COLUMN latest_version BIGINT NOT NULL DEFAULT 1;

-- The last credential report of an account, as it was when it was made.
CREATE TABLE credential_reports (
    account TEXT   PRIMARY KEY REFERENCES accounts (id),
    made    BIGINT NOT NULL,
    content BYTEA  NOT NULL
);
