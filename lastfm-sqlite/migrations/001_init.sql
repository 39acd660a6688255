-- The first schema: users, what was played (song, variant), the plays, coverage and the books.

CREATE TABLE user (
    id                   INTEGER PRIMARY KEY,
    name                 TEXT NOT NULL,
    -- The name in lower case: one account, whatever the spelling.
    folded_name          TEXT NOT NULL UNIQUE,
    registered_at        INTEGER,
    -- Rises with every replaced span.
    revision             INTEGER NOT NULL DEFAULT 0,
    -- Kept by every change: plays (doubted ones included), doubted plays, removed plays (edits
    -- not included).
    play_count           INTEGER NOT NULL DEFAULT 0 CHECK (play_count >= doubted_count),
    doubted_count        INTEGER NOT NULL DEFAULT 0 CHECK (doubted_count >= 0),
    removed_count        INTEGER NOT NULL DEFAULT 0 CHECK (removed_count >= 0),
    -- The book.
    last_success_at      INTEGER,
    last_error_at        INTEGER,
    last_error           TEXT,
    residual             INTEGER NOT NULL DEFAULT 0,
    residual_checked_at  INTEGER,
    recent_read_at       INTEGER,
    newest_refused_until INTEGER
) STRICT;

-- What makes two plays of one second the same: artist, track and album. One row for each such
-- three of a user.
CREATE TABLE song (
    id      INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES user (id),
    -- XXH3-64 of artist, track and album, each followed by U+0000 if it is there, seeded with
    -- user_id. Equal hashes need not be equal songs. (An index over the names would be written
    -- all over with every batch of plays.)
    hash    INTEGER NOT NULL,
    artist  TEXT NOT NULL,
    track   TEXT NOT NULL,
    album   TEXT
) STRICT;

CREATE INDEX song_by_hash ON song (hash);

-- The service's object for a play, without its date: the same for every play of a track.
CREATE TABLE variant (
    id        INTEGER PRIMARY KEY,
    user_id   INTEGER NOT NULL REFERENCES user (id),
    song_id   INTEGER NOT NULL REFERENCES song (id),
    -- XXH3-64 of the body, seeded with user_id. Equal hashes need not be equal bodies.
    hash      INTEGER NOT NULL,
    -- After how many characters of the body the date stands. NULL: it is written so oddly that
    -- it does not follow from the moment, and the body is the whole object.
    date_at   INTEGER,
    -- How the date is written, with {uts} and {text} in place of the moment. NULL: as the
    -- service usually does, ,"date":{"uts":"{uts}","#text":"{text}"}
    date_form TEXT,
    body      TEXT NOT NULL
) STRICT;

CREATE INDEX variant_by_hash ON variant (hash);

CREATE TABLE play (
    user_id    INTEGER NOT NULL,
    played_at  INTEGER NOT NULL,
    -- Tells plays of one second apart; never used again for another play.
    ordinal    INTEGER NOT NULL,
    variant_id INTEGER NOT NULL,
    -- Since when the service does not show it.
    doubted_at INTEGER,
    PRIMARY KEY (user_id, played_at, ordinal)
) STRICT, WITHOUT ROWID;

-- Nearly always empty.
CREATE INDEX play_doubted ON play (user_id, played_at) WHERE doubted_at IS NOT NULL;

-- Plays that the service no longer has.
CREATE TABLE removed_play (
    user_id    INTEGER NOT NULL,
    played_at  INTEGER NOT NULL,
    ordinal    INTEGER NOT NULL,
    variant_id INTEGER NOT NULL,
    removed_at INTEGER NOT NULL,
    -- Whether another play stands in its place.
    edited     INTEGER NOT NULL CHECK (edited IN (0, 1)),
    PRIMARY KEY (user_id, played_at, ordinal)
) STRICT, WITHOUT ROWID;

-- The seconds for which the archive holds what the service holds: disjoint spans, start
-- included, end not.
CREATE TABLE coverage (
    user_id     INTEGER NOT NULL REFERENCES user (id),
    start_at    INTEGER NOT NULL,
    end_at      INTEGER NOT NULL CHECK (end_at > start_at),
    verified_at INTEGER NOT NULL,
    observed_at INTEGER NOT NULL,
    revision    INTEGER NOT NULL,
    PRIMARY KEY (user_id, start_at)
) STRICT, WITHOUT ROWID;

-- Spans that the service refuses.
CREATE TABLE hole (
    user_id     INTEGER NOT NULL REFERENCES user (id),
    start_at    INTEGER NOT NULL,
    end_at      INTEGER NOT NULL CHECK (end_at > start_at),
    reason      TEXT NOT NULL,
    tries       INTEGER NOT NULL,
    since       INTEGER NOT NULL,
    next_try_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, start_at)
) STRICT, WITHOUT ROWID;

-- Who is at work on a user, and for how long; by the machine's clock, in milliseconds.
CREATE TABLE work (
    user_id  INTEGER PRIMARY KEY REFERENCES user (id),
    worker   TEXT NOT NULL,
    until_ms INTEGER NOT NULL,
    lease_ms INTEGER NOT NULL
) STRICT;

-- The next free slot of a request rate that several processes share, and the last time that they
-- all were paused; by the machine's clock, in milliseconds.
CREATE TABLE rate (
    service         TEXT PRIMARY KEY,
    next_slot_ms    INTEGER NOT NULL,
    pause_start_ms  INTEGER,
    pause_length_ms INTEGER
) STRICT, WITHOUT ROWID;

-- What each variant says about its track. (A body that is nested too deeply for SQLite's JSON
-- functions has no identifiers, but does not fail the query.)
CREATE VIEW variant_track AS
SELECT
    variant.id,
    song.artist,
    song.track,
    song.album,
    CASE WHEN json_valid(body) THEN nullif(trim(body ->> '$.artist.mbid'), '') END AS artist_mbid,
    CASE WHEN json_valid(body) THEN nullif(trim(body ->> '$.album.mbid'), '') END AS album_mbid,
    CASE WHEN json_valid(body) THEN nullif(trim(body ->> '$.mbid'), '') END AS track_mbid,
    CASE WHEN json_valid(body) THEN nullif(body ->> '$.url', '') END AS url,
    variant.date_at,
    variant.date_form,
    variant.body
FROM variant
JOIN song ON song.id = variant.song_id;

-- One row for each play, removed ones left out.
CREATE VIEW scrobbles (
    username, played_at, artist, track, album, artist_mbid, album_mbid, track_mbid, url,
    release_year, raw
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
    NULL,
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
    END
FROM play
JOIN user ON user.id = play.user_id
JOIN variant_track AS variant ON variant.id = play.variant_id;

-- The same for plays that the service no longer has: when that was noticed, and whether
-- another play took its place (edited) or none did (removed).
CREATE VIEW removed_scrobbles (
    username, played_at, artist, track, album, artist_mbid, album_mbid, track_mbid, url,
    release_year, raw, removed_at, reason
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
    NULL,
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
    iif(play.edited, 'edited', 'removed')
FROM removed_play AS play
JOIN user ON user.id = play.user_id
JOIN variant_track AS variant ON variant.id = play.variant_id;

-- One row for each user: what the archive holds, and how it stands.
CREATE VIEW archives (
    username, play_count, doubted_count, removed_count, first_played_at, last_played_at,
    first_play, last_play, registered_at, last_success_at, last_success, last_error
) AS
SELECT
    name, play_count, doubted_count, removed_count, first_played_at, last_played_at,
    datetime(first_played_at, 'unixepoch'), datetime(last_played_at, 'unixepoch'),
    registered_at, last_success_at, datetime(last_success_at, 'unixepoch'), last_error
FROM (
    SELECT
        user.*,
        (SELECT min(played_at) FROM play WHERE user_id = user.id) AS first_played_at,
        (SELECT max(played_at) FROM play WHERE user_id = user.id) AS last_played_at
    FROM user
);

-- Covered spans with dates to read. An end beyond the calendar has none.
CREATE VIEW coverage_spans (
    username, start_at, end_at, start_date, end_date, verified, observed, revision
) AS
SELECT
    user.name, start_at, end_at, datetime(start_at, 'unixepoch'), datetime(end_at, 'unixepoch'),
    datetime(verified_at, 'unixepoch'), datetime(observed_at, 'unixepoch'), coverage.revision
FROM coverage JOIN user ON user.id = coverage.user_id
ORDER BY user.name, start_at;

-- Spans that the service refuses, with dates to read.
CREATE VIEW holes (
    username, start_at, end_at, start_date, end_date, reason, tries, first_try, next_try
) AS
SELECT
    user.name, start_at, end_at, datetime(start_at, 'unixepoch'), datetime(end_at, 'unixepoch'),
    reason, tries, datetime(since, 'unixepoch'), datetime(next_try_at, 'unixepoch')
FROM hole JOIN user ON user.id = hole.user_id
ORDER BY user.name, start_at;
