-- +goose Up

-- Virtual MFA devices. fold is the serial number in lower case: a path and name
-- is unique, case aside. seed is sealed under the master key, with the serial
-- number as its context. identity is empty until the device is enabled for a
-- user. drift is by how many time steps the device's clock is behind (below 0)
-- or ahead; used is the time step of the last code that was taken, which is not
-- taken again. failures counts wrong codes since the last right one; until
-- locked no code is looked at.
CREATE TABLE mfa_devices (
    serial   TEXT   PRIMARY KEY,
    fold     TEXT   NOT NULL UNIQUE,
    account  TEXT   NOT NULL REFERENCES accounts (id),
    identity TEXT   NOT NULL,
    seed     BYTEA  NOT NULL,
    enabled  BIGINT NOT NULL,
    drift    BIGINT NOT NULL,
    used     BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    locked   BIGINT NOT NULL,
    tags     TEXT   NOT NULL,
    created  BIGINT NOT NULL
);
CREATE INDEX mfa_devices_account ON mfa_devices (account, serial);
CREATE INDEX mfa_devices_identity ON mfa_devices (identity);
