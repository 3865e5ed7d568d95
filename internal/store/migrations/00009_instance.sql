-- +goose Up

-- Which replica does what only one must do, until an instant.
CREATE TABLE leases (
    name   TEXT   PRIMARY KEY,
    holder TEXT   NOT NULL,
    until  BIGINT NOT NULL
);

-- A revocation is kept until nothing that it covers can be alive. generation is
-- the value that the generation row had when it was written: whoever has read
-- all rows up to a generation needs only those after it.
ALTER TABLE revocations ADD COLUMN expires BIGINT NOT NULL DEFAULT 0;
ALTER TABLE revocations ADD COLUMN generation BIGINT NOT NULL DEFAULT 0;
UPDATE revocations SET expires = issued_until + 133200000;
DROP INDEX revocations_issued_until;
CREATE INDEX revocations_expires ON revocations (expires);
CREATE INDEX revocations_generation ON revocations (generation);
