-- Loved tracks, and which local tracks they are. Local tables on Citus, as those of the queue, and
-- with the same stand-in for U+0000.

CREATE TABLE loved_account (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- The address of the service's API.
    service          text COLLATE "C" NOT NULL,
    name             text COLLATE "C" NOT NULL,
    -- The name in lower case: one account, whatever the spelling.
    folded_name      text COLLATE "C" NOT NULL,
    -- The last number that was given to a track.
    last_loved       bigint NOT NULL DEFAULT 0,
    -- The number of the last reading of the service's list, or of what a person did last.
    last             bigint NOT NULL DEFAULT 0,
    -- The reading that has not come to its end: its number, when it began, where it goes on, and
    -- what the service said of the list.
    reading          bigint,
    reading_begun_at bigint,
    next_page        bigint,
    total            bigint,
    per_page         bigint,
    UNIQUE (service, folded_name)
);

CREATE TABLE loved (
    account_id bigint NOT NULL REFERENCES loved_account (id),
    id         bigint NOT NULL,
    artist     text COLLATE "C" NOT NULL,
    track      text COLLATE "C" NOT NULL,
    -- SHA-256 of the names in lower case, without blanks around them.
    identity   bytea NOT NULL,
    mbid       text COLLATE "C",
    loved_at   bigint NOT NULL,
    -- Since when it is known to be no longer loved.
    unloved_at bigint,
    -- The number of what showed or changed it last.
    seen       bigint NOT NULL,
    -- How its local tracks are known: id, name, person, or nothing was found. NULL: nobody looked.
    how        text COLLATE "C",
    checked_at bigint,
    CHECK ((how IS NULL) = (checked_at IS NULL)),
    PRIMARY KEY (account_id, id),
    UNIQUE (account_id, identity)
);

CREATE TABLE loved_local (
    account_id bigint NOT NULL,
    loved_id   bigint NOT NULL,
    -- Its place among the local tracks of this one.
    place      bigint NOT NULL,
    -- What the player calls it.
    local_id   text COLLATE "C" NOT NULL,
    PRIMARY KEY (account_id, loved_id, place),
    FOREIGN KEY (account_id, loved_id) REFERENCES loved (account_id, id)
);

-- A path may be longer than what another index takes.
CREATE INDEX loved_by_local ON loved_local USING hash (local_id);

-- One row for each track that is or was loved; local_ids one a line.
CREATE VIEW loved_tracks (
    service, username, artist, track, mbid, loved_at, loved, unloved_at, unloved, matched_by,
    checked, local_ids
) AS
SELECT
    account.service, account.name, lastfm_shown(artist), lastfm_shown(track), lastfm_shown(mbid),
    loved_at, lastfm_date(loved_at), unloved_at, lastfm_date(unloved_at),
    how, lastfm_date(checked_at),
    (SELECT string_agg(lastfm_shown(local_id), E'\n' ORDER BY place) FROM loved_local AS local
        WHERE local.account_id = loved.account_id AND local.loved_id = loved.id)
FROM loved JOIN loved_account AS account ON account.id = loved.account_id
ORDER BY account.service, account.folded_name, loved_at DESC, loved.id;
