-- +goose Up

-- One row a fact about the whole instance.
CREATE TABLE instance (
    name     TEXT   PRIMARY KEY,
    revision BIGINT NOT NULL,
    value    BYTEA  NOT NULL
);

-- A single counter that grows with every change of identities, policies,
-- domains, repositories and revocations; replicas watch it to drop caches.
CREATE TABLE generation (
    id    BIGINT PRIMARY KEY CHECK (id = 1),
    value BIGINT NOT NULL
);
INSERT INTO generation (id, value) VALUES (1, 1);
