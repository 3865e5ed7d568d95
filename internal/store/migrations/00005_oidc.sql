-- +goose Up

-- The OpenID Connect providers that an account trusts. url is without the
-- scheme, as in the ARN, which names a provider; client_ids, thumbprints and
-- tags are JSON.
CREATE TABLE oidc_providers (
    account     TEXT   NOT NULL REFERENCES accounts (id),
    url         TEXT   NOT NULL,
    scheme      TEXT   NOT NULL,
    client_ids  TEXT   NOT NULL,
    thumbprints TEXT   NOT NULL,
    tags        TEXT   NOT NULL,
    created     BIGINT NOT NULL,
    PRIMARY KEY (account, url)
);
