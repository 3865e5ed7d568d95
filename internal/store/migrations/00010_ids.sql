-- +goose Up

-- What makes a device or a provider another one than its namesake before it, as
-- unique ids do for users, groups, roles and policies. What is there already has
-- the name for an id, which none made later gets.
ALTER TABLE mfa_devices ADD COLUMN id TEXT NOT NULL DEFAULT '';
UPDATE mfa_devices SET id = serial;
ALTER TABLE oidc_providers ADD COLUMN id TEXT NOT NULL DEFAULT '';
UPDATE oidc_providers SET id = url;
