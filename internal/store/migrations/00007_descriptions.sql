-- +goose Up

-- What a version says of itself can be long, and lists print nothing of it: it
-- stands apart, so that reading a list never passes it. detail is what lists
-- need of it, JSON that the format alone understands, or empty.
CREATE TABLE descriptions (
    version     TEXT PRIMARY KEY REFERENCES versions (id) ON DELETE CASCADE,
    description TEXT NOT NULL,
    readme      TEXT NOT NULL
);
INSERT INTO descriptions (version, description, readme) SELECT id, description, readme FROM versions;
ALTER TABLE versions ADD COLUMN detail TEXT NOT NULL DEFAULT '';
ALTER TABLE versions DROP COLUMN description;
ALTER TABLE versions DROP COLUMN readme;
