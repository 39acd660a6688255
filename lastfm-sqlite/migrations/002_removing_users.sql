-- A reading of everything may go on another day; users can be removed.

-- When a reading of everything began that has not come to its end yet. A part of the book.
ALTER TABLE user ADD COLUMN audit_begun_at INTEGER;

-- The numbers of users that were removed, also by hand: none is given to another user.
CREATE TABLE removed_user (
    id INTEGER PRIMARY KEY
) STRICT;

CREATE TRIGGER user_is_removed AFTER DELETE ON user BEGIN
    INSERT OR IGNORE INTO removed_user (id) VALUES (old.id);
END;

-- Whether a song is still in use is asked for each one that is deleted.
CREATE INDEX variant_by_song ON variant (song_id);
