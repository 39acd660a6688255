-- The indexes of these tables that every mirror makes, once they are filled.

SET search_path = musicbrainz, public;

CREATE UNIQUE INDEX artist_idx_gid ON artist (gid);
CREATE INDEX artist_idx_name ON artist (name);
CREATE INDEX artist_idx_sort_name ON artist (sort_name);
CREATE INDEX artist_idx_lower_unaccent_name_comment
    ON artist (lower(musicbrainz_unaccent(name)), lower(musicbrainz_unaccent(comment)));
CREATE INDEX artist_idx_musicbrainz_collate ON artist (name COLLATE musicbrainz);
CREATE INDEX artist_alias_idx_artist ON artist_alias (artist);
CREATE INDEX artist_alias_idx_lower_unaccent_name
    ON artist_alias (lower(musicbrainz_unaccent(name)));
CREATE UNIQUE INDEX artist_credit_idx_gid ON artist_credit (gid);
CREATE INDEX artist_credit_idx_musicbrainz_collate ON artist_credit (name COLLATE musicbrainz);
CREATE INDEX artist_credit_name_idx_artist ON artist_credit_name (artist);
CREATE INDEX artist_credit_name_idx_musicbrainz_collate
    ON artist_credit_name (name COLLATE musicbrainz);
CREATE UNIQUE INDEX release_group_idx_gid ON release_group (gid);
CREATE INDEX release_group_idx_name ON release_group (name);
CREATE INDEX release_group_idx_artist_credit ON release_group (artist_credit);
CREATE INDEX release_group_idx_musicbrainz_collate ON release_group (name COLLATE musicbrainz);
CREATE INDEX release_group_alias_idx_release_group ON release_group_alias (release_group);
CREATE INDEX release_group_gid_redirect_idx_new_id ON release_group_gid_redirect (new_id);
CREATE UNIQUE INDEX release_idx_gid ON release (gid);
CREATE INDEX release_idx_name ON release (name);
CREATE INDEX release_idx_release_group ON release (release_group);
CREATE INDEX release_idx_artist_credit ON release (artist_credit);
CREATE INDEX release_idx_musicbrainz_collate ON release (name COLLATE musicbrainz);
CREATE INDEX release_gid_redirect_idx_new_id ON release_gid_redirect (new_id);
CREATE UNIQUE INDEX medium_idx_gid ON medium (gid);
CREATE INDEX medium_idx_release_position ON medium (release, position);
CREATE UNIQUE INDEX track_idx_gid ON track (gid);
CREATE INDEX track_idx_recording ON track (recording);
CREATE INDEX track_idx_medium_position ON track (medium, position);
ANALYZE;
