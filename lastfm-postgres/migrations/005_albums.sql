-- Albums, each once for all users, and when they were first released.

-- Not a user's: a copy of it is on each server. Artist and title are as the service spells them.
CREATE TABLE album (
    album_id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- SHA-256 of artist, U+0000 and title, which may be too long for an index.
    identity            bytea NOT NULL UNIQUE,
    artist              text COLLATE "C" NOT NULL,
    title               text COLLATE "C" NOT NULL,
    -- What came of looking it up, and what a person says instead.
    outcome             json,
    correction          json,
    -- What a person says goes before what was found out.
    release_year        integer GENERATED ALWAYS AS (substr(
        CASE WHEN correction IS NULL
            THEN outcome #>> '{found,group,first_release}' ELSE correction ->> 'first_release'
        END, 1, 4)::integer) STORED,
    augmentation_status text GENERATED ALWAYS AS (
        CASE
            WHEN correction IS NULL THEN coalesce(outcome ->> 'status', 'pending')
            WHEN correction ->> 'first_release' IS NULL THEN 'no_date'
            ELSE 'matched'
        END) STORED
);

-- The album of each object that was looked at; NULL: it names none. No object of a user's of a
-- lower number than the highest here is left out.
CREATE TABLE variant_album (
    user_id    bigint NOT NULL,
    variant_id integer NOT NULL,
    album_id   bigint,
    PRIMARY KEY (user_id, variant_id)
);

CREATE INDEX variant_by_album ON variant_album (user_id, album_id) WHERE album_id IS NOT NULL;

-- One row for each play, removed ones left out.
CREATE OR REPLACE VIEW scrobbles (
    username, played_at, artist, track, album, artist_mbid, album_mbid, track_mbid, url,
    release_year, raw, augmentation_status
) AS
SELECT
    listener.name,
    play.played_at,
    song.artist,
    song.track,
    song.album,
    lastfm_text(variant.body, '{artist,mbid}'),
    lastfm_text(variant.body, '{album,mbid}'),
    lastfm_text(variant.body, '{mbid}'),
    lastfm_text(variant.body, '{url}'),
    album.release_year,
    lastfm_object(variant.date_at, variant.date_form, variant.body, play.played_at),
    CASE WHEN song.album IS NOT NULL THEN coalesce(album.augmentation_status, 'pending') END
FROM play
JOIN listener ON listener.user_id = play.user_id
JOIN variant ON variant.user_id = play.user_id AND variant.variant_id = play.variant_id
JOIN song ON song.user_id = variant.user_id AND song.song_id = variant.song_id
LEFT JOIN variant_album AS heard
    ON heard.user_id = play.user_id AND heard.variant_id = play.variant_id
LEFT JOIN album ON album.album_id = heard.album_id;

-- The same for plays that the service no longer has: when that was noticed, and whether
-- another play took its place (edited) or none did (removed).
CREATE OR REPLACE VIEW removed_scrobbles (
    username, played_at, artist, track, album, artist_mbid, album_mbid, track_mbid, url,
    release_year, raw, removed_at, reason, augmentation_status
) AS
SELECT
    listener.name,
    play.played_at,
    song.artist,
    song.track,
    song.album,
    lastfm_text(variant.body, '{artist,mbid}'),
    lastfm_text(variant.body, '{album,mbid}'),
    lastfm_text(variant.body, '{mbid}'),
    lastfm_text(variant.body, '{url}'),
    album.release_year,
    lastfm_object(variant.date_at, variant.date_form, variant.body, play.played_at),
    play.removed_at,
    CASE WHEN play.edited THEN 'edited' ELSE 'removed' END,
    CASE WHEN song.album IS NOT NULL THEN coalesce(album.augmentation_status, 'pending') END
FROM removed_play AS play
JOIN listener ON listener.user_id = play.user_id
JOIN variant ON variant.user_id = play.user_id AND variant.variant_id = play.variant_id
JOIN song ON song.user_id = variant.user_id AND song.song_id = variant.song_id
LEFT JOIN variant_album AS heard
    ON heard.user_id = play.user_id AND heard.variant_id = play.variant_id
LEFT JOIN album ON album.album_id = heard.album_id;

-- One row for each album that anybody played, and what is known of it.
CREATE VIEW albums (
    id, artist, title, release_year, augmentation_status, first_release, matched_by, confidence,
    release_group, release_group_artist, release_group_title, looked_up, next_try, trouble
) AS
SELECT
    album_id, artist, title, release_year, augmentation_status,
    CASE WHEN correction IS NULL
        THEN outcome #>> '{found,group,first_release}' ELSE correction ->> 'first_release' END,
    CASE WHEN correction IS NULL THEN outcome #>> '{found,method}' ELSE 'person' END,
    CASE WHEN correction IS NULL THEN (outcome #>> '{found,confidence}')::integer END,
    CASE WHEN correction IS NULL
        THEN outcome #>> '{found,group,id}' ELSE correction ->> 'group' END,
    CASE WHEN correction IS NULL THEN outcome #>> '{found,group,artist}' END,
    CASE WHEN correction IS NULL THEN outcome #>> '{found,group,title}' END,
    lastfm_date((outcome ->> 'looked_up_at')::bigint),
    lastfm_date((outcome ->> 'next_try')::bigint),
    outcome ->> 'trouble'
FROM album
ORDER BY artist, title;
