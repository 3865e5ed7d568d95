-- +goose Up

-- Versions are read in their order, and looked up by what they sort as.
CREATE INDEX versions_order ON versions (package, sort_key);
