-- Albums, each once for all users, and when they were first released.

CREATE TABLE album (
    id                  INTEGER PRIMARY KEY,
    -- As the service spells them.
    artist              TEXT NOT NULL,
    title               TEXT NOT NULL,
    -- What a person says goes before what was found out. Of all that is known of the album, this is
    -- what plays show, and stands before the long columns because it is read the most.
    release_year        INTEGER GENERATED ALWAYS AS (CAST(substr(
        iif(correction IS NULL,
            outcome ->> '$.found.group.first_release',
            correction ->> '$.first_release'),
        1, 4) AS INTEGER)) STORED,
    augmentation_status TEXT GENERATED ALWAYS AS (
        CASE
            WHEN correction IS NULL THEN ifnull(outcome ->> '$.status', 'pending')
            WHEN correction ->> '$.first_release' IS NULL THEN 'no_date'
            ELSE 'matched'
        END) STORED,
    -- What came of looking it up, and what a person says instead, as JSON.
    outcome             TEXT,
    correction          TEXT,
    UNIQUE (artist, title)
) STRICT;

-- What plays show, without the long columns: a histogram asks for it a few thousand times.
CREATE INDEX album_shown ON album (id, release_year, augmentation_status);

-- The album of each object that was looked at; NULL: it names none. No object of a lower number
-- than the highest here is left out.
CREATE TABLE variant_album (
    user_id    INTEGER NOT NULL,
    variant_id INTEGER NOT NULL,
    album_id   INTEGER,
    PRIMARY KEY (user_id, variant_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX variant_by_album ON variant_album (album_id) WHERE album_id IS NOT NULL;

CREATE TRIGGER variant_is_removed AFTER DELETE ON variant BEGIN
    DELETE FROM variant_album WHERE user_id = old.user_id AND variant_id = old.id;
END;

-- Only after a person has changed names.
CREATE TRIGGER variant_is_corrected AFTER UPDATE OF song_id ON variant BEGIN
    INSERT OR IGNORE INTO album (artist, title)
    SELECT artist, album FROM song WHERE id = new.song_id AND album IS NOT NULL;
    UPDATE variant_album SET album_id = (
        SELECT album.id FROM song JOIN album ON album.artist = song.artist AND title = song.album
        WHERE song.id = new.song_id)
    WHERE user_id = new.user_id AND variant_id = new.id;
END;

DROP VIEW scrobbles;

-- One row for each play, removed ones left out.
CREATE VIEW scrobbles (
    username, played_at, artist, track, album, artist_mbid, album_mbid, track_mbid, url,
    release_year, raw, augmentation_status
) AS
SELECT
    user.name,
    play.played_at,
    variant.artist,
    variant.track,
    variant.album,
    variant.artist_mbid,
    variant.album_mbid,
    variant.track_mbid,
    variant.url,
    album.release_year,
    CASE WHEN variant.date_at IS NULL THEN variant.body ELSE
        substr(variant.body, 1, variant.date_at)
        || replace(
            replace(
                ifnull(variant.date_form, ',"date":{"uts":"{uts}","#text":"{text}"}'),
                '{uts}', play.played_at),
            '{text}', strftime('%d ', play.played_at, 'unixepoch')
                || substr('JanFebMarAprMayJunJulAugSepOctNovDec',
                    strftime('%m', play.played_at, 'unixepoch') * 3 - 2, 3)
                || strftime(' %Y, %H:%M', play.played_at, 'unixepoch'))
        || substr(variant.body, variant.date_at + 1)
    END,
    CASE WHEN variant.album IS NOT NULL THEN ifnull(album.augmentation_status, 'pending') END
FROM play
JOIN user ON user.id = play.user_id
JOIN variant_track AS variant ON variant.id = play.variant_id
LEFT JOIN variant_album AS heard
    ON heard.user_id = play.user_id AND heard.variant_id = play.variant_id
LEFT JOIN album ON album.id = heard.album_id;

DROP VIEW removed_scrobbles;

-- The same for plays that the service no longer has: when that was noticed, and whether
-- another play took its place (edited) or none did (removed).
CREATE VIEW removed_scrobbles (
    username, played_at, artist, track, album, artist_mbid, album_mbid, track_mbid, url,
    release_year, raw, removed_at, reason, augmentation_status
) AS
SELECT
    user.name,
    play.played_at,
    variant.artist,
    variant.track,
    variant.album,
    variant.artist_mbid,
    variant.album_mbid,
    variant.track_mbid,
    variant.url,
    album.release_year,
    CASE WHEN variant.date_at IS NULL THEN variant.body ELSE
        substr(variant.body, 1, variant.date_at)
        || replace(
            replace(
                ifnull(variant.date_form, ',"date":{"uts":"{uts}","#text":"{text}"}'),
                '{uts}', play.played_at),
            '{text}', strftime('%d ', play.played_at, 'unixepoch')
                || substr('JanFebMarAprMayJunJulAugSepOctNovDec',
                    strftime('%m', play.played_at, 'unixepoch') * 3 - 2, 3)
                || strftime(' %Y, %H:%M', play.played_at, 'unixepoch'))
        || substr(variant.body, variant.date_at + 1)
    END,
    play.removed_at,
    iif(play.edited, 'edited', 'removed'),
    CASE WHEN variant.album IS NOT NULL THEN ifnull(album.augmentation_status, 'pending') END
FROM removed_play AS play
JOIN user ON user.id = play.user_id
JOIN variant_track AS variant ON variant.id = play.variant_id
LEFT JOIN variant_album AS heard
    ON heard.user_id = play.user_id AND heard.variant_id = play.variant_id
LEFT JOIN album ON album.id = heard.album_id;

-- One row for each album that anybody played, and what is known of it.
CREATE VIEW albums (
    id, artist, title, release_year, augmentation_status, first_release, matched_by, confidence,
    release_group, release_group_artist, release_group_title, looked_up, next_try, trouble
) AS
SELECT
    id, artist, title, release_year, augmentation_status,
    iif(correction IS NULL,
        outcome ->> '$.found.group.first_release', correction ->> '$.first_release'),
    iif(correction IS NULL, outcome ->> '$.found.method', 'person'),
    iif(correction IS NULL, outcome ->> '$.found.confidence', NULL),
    iif(correction IS NULL, outcome ->> '$.found.group.id', correction ->> '$.group'),
    iif(correction IS NULL, outcome ->> '$.found.group.artist', NULL),
    iif(correction IS NULL, outcome ->> '$.found.group.title', NULL),
    datetime(outcome ->> '$.looked_up_at', 'unixepoch'),
    datetime(outcome ->> '$.next_try', 'unixepoch'),
    outcome ->> '$.trouble'
FROM album
ORDER BY artist, title;
