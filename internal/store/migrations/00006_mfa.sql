-- +goose Up

-- Virtual MFA devices. seed is sealed under the master key, with the serial
-- number as its context. identity is empty until the device is enabled for a
-- user; used is the time step of the last code that was taken, which is not
-- taken again.
CREATE TABLE mfa_devices (
    serial   TEXT   PRIMARY KEY,
    account  TEXT   NOT NULL REFERENCES accounts (id),
    identity TEXT   NOT NULL,
    seed     BYTEA  NOT NULL,
    enabled  BIGINT NOT NULL,
    used     BIGINT NOT NULL,
    tags     TEXT   NOT NULL,
    created  BIGINT NOT NULL
);
CREATE INDEX mfa_devices_identity ON mfa_devices (identity);
