-- +goose Up

-- Names are unique in an account and region. The id is ours and never used
-- again: content, packages and caches hang on it, so that nothing of a deleted
-- domain is found in a namesake. A policy that is not set has an empty document
-- and revision; policy_bound is a JSON object from the principals it names to
-- the unique ids that they had when it was set. Tags are a JSON object.
CREATE TABLE domains (
    id              TEXT   PRIMARY KEY,
    region          TEXT   NOT NULL,
    owner           TEXT   NOT NULL,
    name            TEXT   NOT NULL,
    encryption_key  TEXT   NOT NULL,
    tags            TEXT   NOT NULL,
    policy          TEXT   NOT NULL,
    policy_revision TEXT   NOT NULL,
    policy_bound    TEXT   NOT NULL,
    created         BIGINT NOT NULL,
    UNIQUE (owner, name, region)
);

CREATE TABLE repositories (
    id              TEXT   PRIMARY KEY,
    domain          TEXT   NOT NULL REFERENCES domains (id),
    name            TEXT   NOT NULL,
    administrator   TEXT   NOT NULL,
    description     TEXT   NOT NULL,
    tags            TEXT   NOT NULL,
    policy          TEXT   NOT NULL,
    policy_revision TEXT   NOT NULL,
    policy_bound    TEXT   NOT NULL,
    created         BIGINT NOT NULL,
    UNIQUE (domain, name)
);
CREATE INDEX repositories_administrator ON repositories (administrator, name, id);

-- Upstreams are held by id: a repository that is deleted leaves its downstreams
-- a dangling entry, which a namesake does not heal.
CREATE TABLE upstreams (
    repository    TEXT   NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
    position      BIGINT NOT NULL,
    upstream      TEXT   NOT NULL,
    upstream_name TEXT   NOT NULL,
    PRIMARY KEY (repository, position)
);

-- revision counts every change of anything in the package, and changed is when
-- the last of them was; replicas follow both to drop what they have rendered.
CREATE TABLE packages (
    id         TEXT   PRIMARY KEY,
    repository TEXT   NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
    format     TEXT   NOT NULL,
    namespace  TEXT   NOT NULL,
    name       TEXT   NOT NULL,
    tags       TEXT   NOT NULL,
    revision   BIGINT NOT NULL,
    changed    BIGINT NOT NULL,
    UNIQUE (repository, format, namespace, name)
);
CREATE INDEX packages_changed ON packages (changed);

-- sort_key is bytes, so that both engines order it alike whatever the locale of
-- the database is. description is JSON that the registry understands; the readme
-- stands apart, as lists have no use for it. yanked is null unless the version
-- was withdrawn, else the reason.
CREATE TABLE versions (
    id                TEXT   PRIMARY KEY,
    package           TEXT   NOT NULL REFERENCES packages (id) ON DELETE CASCADE,
    version           TEXT   NOT NULL,
    sort_key          BYTEA  NOT NULL,
    status            TEXT   NOT NULL,
    revision          TEXT   NOT NULL,
    origin            TEXT   NOT NULL,
    origin_repository TEXT   NOT NULL,
    origin_connection TEXT   NOT NULL,
    published         BIGINT NOT NULL,
    description       TEXT   NOT NULL,
    readme            TEXT   NOT NULL,
    yanked            TEXT,
    UNIQUE (package, version)
);

-- Content that a domain has, or is about to have. A row is written before its
-- content is; stored says that the content is durable; doomed, unless 0, is when
-- its removal began, after which it must not be used again. The same bytes that
-- come back meanwhile get the next generation, which is another place. touched
-- is the last time that somebody meant to use it.
CREATE TABLE contents (
    id         TEXT   PRIMARY KEY,
    domain     TEXT   NOT NULL,
    sha256     TEXT   NOT NULL,
    generation BIGINT NOT NULL,
    size       BIGINT NOT NULL,
    stored     BIGINT NOT NULL,
    doomed     BIGINT NOT NULL,
    touched    BIGINT NOT NULL,
    UNIQUE (domain, sha256, generation)
);
CREATE INDEX contents_touched ON contents (touched);

CREATE TABLE assets (
    version  TEXT   NOT NULL REFERENCES versions (id) ON DELETE CASCADE,
    name     TEXT   NOT NULL,
    content  TEXT   NOT NULL REFERENCES contents (id),
    size     BIGINT NOT NULL,
    md5      TEXT   NOT NULL,
    sha1     TEXT   NOT NULL,
    sha256   TEXT   NOT NULL,
    sha512   TEXT   NOT NULL,
    uploaded BIGINT NOT NULL,
    detail   TEXT   NOT NULL,
    PRIMARY KEY (version, name)
);
CREATE INDEX assets_content ON assets (content);
