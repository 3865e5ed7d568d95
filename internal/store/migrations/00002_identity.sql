-- +goose Up

CREATE TABLE accounts (
    id      TEXT   PRIMARY KEY,
    name    TEXT   NOT NULL,
    created BIGINT NOT NULL
);

-- Users and roles. A name is unique in its account, case aside: fold is the
-- name in lower case.
CREATE TABLE identities (
    id          TEXT   PRIMARY KEY,
    kind        TEXT   NOT NULL,
    account     TEXT   NOT NULL REFERENCES accounts (id),
    name        TEXT   NOT NULL,
    fold        TEXT   NOT NULL,
    path        TEXT   NOT NULL,
    description TEXT   NOT NULL,
    trust       TEXT   NOT NULL,
    bound       TEXT   NOT NULL,
    max_session BIGINT NOT NULL,
    boundary    TEXT   NOT NULL,
    tags        TEXT   NOT NULL,
    created     BIGINT NOT NULL,
    UNIQUE (account, kind, fold)
);
CREATE INDEX identities_boundary ON identities (boundary, account);

CREATE TABLE inline_policies (
    identity TEXT NOT NULL REFERENCES identities (id),
    fold     TEXT NOT NULL,
    name     TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (identity, fold)
);

-- The policies of accounts; those of the service itself are in the program.
CREATE TABLE managed_policies (
    id              TEXT   PRIMARY KEY,
    arn             TEXT   NOT NULL UNIQUE,
    account         TEXT   NOT NULL REFERENCES accounts (id),
    name            TEXT   NOT NULL,
    fold            TEXT   NOT NULL,
    path            TEXT   NOT NULL,
    description     TEXT   NOT NULL,
    tags            TEXT   NOT NULL,
    default_version BIGINT NOT NULL,
    created         BIGINT NOT NULL,
    updated         BIGINT NOT NULL,
    UNIQUE (account, fold)
);

CREATE TABLE managed_policy_versions (
    policy   TEXT   NOT NULL REFERENCES managed_policies (id),
    version  BIGINT NOT NULL,
    document TEXT   NOT NULL,
    created  BIGINT NOT NULL,
    PRIMARY KEY (policy, version)
);

-- policy is an ARN, because the service's own policies have no row.
CREATE TABLE attachments (
    identity TEXT NOT NULL REFERENCES identities (id),
    policy   TEXT NOT NULL,
    PRIMARY KEY (identity, policy)
);
CREATE INDEX attachments_policy ON attachments (policy);

-- secret is sealed under the master key, with the key's id as its context.
CREATE TABLE access_keys (
    id       TEXT   PRIMARY KEY,
    identity TEXT   NOT NULL REFERENCES identities (id),
    secret   BYTEA  NOT NULL,
    status   TEXT   NOT NULL,
    created  BIGINT NOT NULL
);
CREATE INDEX access_keys_identity ON access_keys (identity);

-- What an account no longer honours: one token, the sessions of a principal
-- (or one session name of it), or everything; each issued at or before an instant.
CREATE TABLE revocations (
    account      TEXT   NOT NULL,
    principal    TEXT   NOT NULL,
    session      TEXT   NOT NULL,
    token        TEXT   NOT NULL,
    issued_until BIGINT NOT NULL,
    PRIMARY KEY (account, principal, session, token)
);
CREATE INDEX revocations_issued_until ON revocations (issued_until);
