-- The first schema: users, what was played (song, variant), the plays, coverage and the books.
-- Keys begin with the user, and nothing crosses from one user to another, so that the tables can be
-- spread over several servers by user_id.

-- Whose names are taken: one account for each name in lower case, whatever the spelling. Numbers
-- are never given again. The one table that is not a user's: a copy of it is on each server.
CREATE TABLE listener_name (
    folded_name text COLLATE "C" PRIMARY KEY,
    user_id     bigint GENERATED ALWAYS AS IDENTITY
);

CREATE INDEX listener_name_by_user ON listener_name (user_id);

CREATE TABLE listener (
    user_id              bigint PRIMARY KEY,
    name                 text COLLATE "C" NOT NULL,
    registered_at        bigint,
    -- Rises with every replaced span.
    revision             bigint NOT NULL DEFAULT 0,
    -- Kept by every change: plays (doubted ones included), doubted plays, removed plays (edits
    -- not included).
    play_count           bigint NOT NULL DEFAULT 0 CHECK (play_count >= doubted_count),
    doubted_count        bigint NOT NULL DEFAULT 0 CHECK (doubted_count >= 0),
    removed_count        bigint NOT NULL DEFAULT 0 CHECK (removed_count >= 0),
    -- The numbers that the newest song and the newest variant were given.
    last_song            integer NOT NULL DEFAULT 0,
    last_variant         integer NOT NULL DEFAULT 0,
    -- The book.
    last_success_at      bigint,
    last_error_at        bigint,
    last_error           text,
    residual             bigint NOT NULL DEFAULT 0,
    residual_checked_at  bigint,
    recent_read_at       bigint,
    newest_refused_until bigint,
    audit_begun_at       bigint
) WITH (fillfactor = 50);

CREATE INDEX listener_by_name ON listener (name);

-- What makes two plays of one second the same: artist, track and album. One row for each such
-- three of a user.
CREATE TABLE song (
    user_id bigint NOT NULL,
    -- Counted for each user.
    song_id integer NOT NULL,
    -- XXH3-64 of artist, track and album, each followed by U+0000 if it is there, seeded with
    -- user_id. Equal hashes need not be equal songs.
    hash    bigint NOT NULL,
    artist  text COLLATE "C" NOT NULL,
    track   text COLLATE "C" NOT NULL,
    album   text COLLATE "C",
    PRIMARY KEY (user_id, song_id)
);

CREATE INDEX song_by_hash ON song (user_id, hash);

-- The service's object for a play, without its date: the same for every play of a track.
CREATE TABLE variant (
    user_id    bigint NOT NULL,
    -- XXH3-64 of the body, seeded with user_id. Equal hashes need not be equal bodies.
    hash       bigint NOT NULL,
    -- Counted for each user.
    variant_id integer NOT NULL,
    song_id    integer NOT NULL,
    -- After how many characters of the body the date stands. NULL: it is written so oddly that
    -- it does not follow from the moment, and the body is the whole object.
    date_at    integer,
    -- How the date is written, with {uts} and {text} in place of the moment. NULL: as the
    -- service usually does, ,"date":{"uts":"{uts}","#text":"{text}"}
    date_form  text COLLATE "C",
    body       text COLLATE "C" NOT NULL,
    PRIMARY KEY (user_id, variant_id)
);

CREATE INDEX variant_by_hash ON variant (user_id, hash);

CREATE TABLE play (
    user_id    bigint NOT NULL,
    played_at  bigint NOT NULL,
    variant_id integer NOT NULL,
    -- Tells plays of one second apart; never used again for another play.
    ordinal    integer NOT NULL,
    -- Since when the service does not show it.
    doubted_at bigint
);

-- Newest first, as a history is read: then each page of the index is full before the next one
-- begins, and none is written again. (A primary key always goes upwards: a first import would leave
-- its pages half empty.)
CREATE UNIQUE INDEX play_place ON play (user_id, played_at DESC, ordinal DESC)
    WITH (fillfactor = 100);
ALTER TABLE play REPLICA IDENTITY USING INDEX play_place;

-- Nearly always empty.
CREATE INDEX play_doubted ON play (user_id, played_at) WHERE doubted_at IS NOT NULL;

-- Plays that the service no longer has.
CREATE TABLE removed_play (
    user_id    bigint NOT NULL,
    played_at  bigint NOT NULL,
    variant_id integer NOT NULL,
    ordinal    integer NOT NULL,
    removed_at bigint NOT NULL,
    -- Whether another play stands in its place.
    edited     boolean NOT NULL,
    PRIMARY KEY (user_id, played_at, ordinal)
);

-- The seconds for which the archive holds what the service holds: disjoint spans, start
-- included, end not.
CREATE TABLE coverage (
    user_id     bigint NOT NULL REFERENCES listener (user_id),
    start_at    bigint NOT NULL,
    end_at      bigint NOT NULL CHECK (end_at > start_at),
    verified_at bigint NOT NULL,
    observed_at bigint NOT NULL,
    revision    bigint NOT NULL,
    PRIMARY KEY (user_id, start_at)
);

-- Spans that the service refuses.
CREATE TABLE hole (
    user_id     bigint NOT NULL REFERENCES listener (user_id),
    start_at    bigint NOT NULL,
    end_at      bigint NOT NULL CHECK (end_at > start_at),
    reason      text NOT NULL,
    tries       bigint NOT NULL,
    since       bigint NOT NULL,
    next_try_at bigint NOT NULL,
    PRIMARY KEY (user_id, start_at)
);

-- Who is at work on a user, and for how long; by the database's clock, in milliseconds.
CREATE TABLE work (
    user_id  bigint PRIMARY KEY REFERENCES listener (user_id),
    worker   text COLLATE "C" NOT NULL,
    until_ms bigint NOT NULL,
    lease_ms bigint NOT NULL
) WITH (fillfactor = 50);

-- A moment to read; none beyond the calendar, the years 0 to 9999. (Nobody calls a year 0, but all
-- calendars go round in 400 years.)
CREATE FUNCTION lastfm_moment(at bigint, form text, form_of_year_0 text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN at BETWEEN -62135596800 AND 253402300799
            THEN to_char(to_timestamp(at) AT TIME ZONE 'UTC', form)
        WHEN at BETWEEN -62167219200 AND -62135596801
            THEN to_char(to_timestamp(at + 12622780800) AT TIME ZONE 'UTC', form_of_year_0)
    END
$$;

CREATE FUNCTION lastfm_date(at bigint) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT lastfm_moment(at, 'YYYY-MM-DD HH24:MI:SS', '"0000"-MM-DD HH24:MI:SS')
$$;

-- The service's object for a play, with its date.
CREATE FUNCTION lastfm_object(date_at integer, date_form text, body text, played_at bigint)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN date_at IS NULL THEN body ELSE
        substr(body, 1, date_at)
        || replace(
            replace(
                coalesce(date_form, ',"date":{"uts":"{uts}","#text":"{text}"}'),
                '{uts}', played_at::text),
            '{text}', lastfm_moment(played_at, 'DD Mon YYYY, HH24:MI', 'DD Mon "0000", HH24:MI'))
        || substr(body, date_at + 1)
    END
$$;

-- What an object says there; nothing if it says nothing, or cannot be read: one odd play does not
-- fail a query. (No text holds what \u0000 and one half of a surrogate pair stand for.)
CREATE FUNCTION lastfm_text(body text, path text[]) RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF position('\u' IN body) > 0 THEN
        body := regexp_replace(body, '\\u(0000|[dD][89a-fA-F][0-9a-fA-F]{2})', '\\ufffd', 'g');
    END IF;
    RETURN nullif(btrim(body::json #>> path), '');
EXCEPTION WHEN OTHERS THEN
    RETURN NULL;
END
$$;

-- One row for each play, removed ones left out.
CREATE VIEW scrobbles (
    username, played_at, artist, track, album, artist_mbid, album_mbid, track_mbid, url,
    release_year, raw
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
    NULL::integer,
    lastfm_object(variant.date_at, variant.date_form, variant.body, play.played_at)
FROM play
JOIN listener ON listener.user_id = play.user_id
JOIN variant ON variant.user_id = play.user_id AND variant.variant_id = play.variant_id
JOIN song ON song.user_id = variant.user_id AND song.song_id = variant.song_id;

-- The same for plays that the service no longer has: when that was noticed, and whether
-- another play took its place (edited) or none did (removed).
CREATE VIEW removed_scrobbles (
    username, played_at, artist, track, album, artist_mbid, album_mbid, track_mbid, url,
    release_year, raw, removed_at, reason
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
    NULL::integer,
    lastfm_object(variant.date_at, variant.date_form, variant.body, play.played_at),
    play.removed_at,
    CASE WHEN play.edited THEN 'edited' ELSE 'removed' END
FROM removed_play AS play
JOIN listener ON listener.user_id = play.user_id
JOIN variant ON variant.user_id = play.user_id AND variant.variant_id = play.variant_id
JOIN song ON song.user_id = variant.user_id AND song.song_id = variant.song_id;

-- One row for each user: what the archive holds, and how it stands.
CREATE VIEW archives (
    username, play_count, doubted_count, removed_count, first_played_at, last_played_at,
    first_play, last_play, registered_at, last_success_at, last_success, last_error
) AS
SELECT
    name, play_count, doubted_count, removed_count, first_played_at, last_played_at,
    lastfm_date(first_played_at), lastfm_date(last_played_at),
    registered_at, last_success_at, lastfm_date(last_success_at), last_error
FROM (
    SELECT
        listener.*,
        (SELECT min(played_at) FROM play WHERE play.user_id = listener.user_id) AS first_played_at,
        (SELECT max(played_at) FROM play WHERE play.user_id = listener.user_id) AS last_played_at
    FROM listener
) AS archive;

-- Covered spans with dates to read. An end beyond the calendar has none.
CREATE VIEW coverage_spans (
    username, start_at, end_at, start_date, end_date, verified, observed, revision
) AS
SELECT
    listener.name, start_at, end_at, lastfm_date(start_at), lastfm_date(end_at),
    lastfm_date(verified_at), lastfm_date(observed_at), coverage.revision
FROM coverage JOIN listener ON listener.user_id = coverage.user_id
ORDER BY listener.name, start_at;

-- Spans that the service refuses, with dates to read.
CREATE VIEW holes (
    username, start_at, end_at, start_date, end_date, reason, tries, first_try, next_try
) AS
SELECT
    listener.name, start_at, end_at, lastfm_date(start_at), lastfm_date(end_at),
    reason, tries, lastfm_date(since), lastfm_date(next_try_at)
FROM hole JOIN listener ON listener.user_id = hole.user_id
ORDER BY listener.name, start_at;
