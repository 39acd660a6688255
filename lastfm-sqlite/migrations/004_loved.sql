-- Loved tracks, and which local tracks they are.

CREATE TABLE loved_account (
    id               INTEGER PRIMARY KEY,
    -- The address of the service's API.
    service          TEXT NOT NULL,
    name             TEXT NOT NULL,
    -- The name in lower case: one account, whatever the spelling.
    folded_name      TEXT NOT NULL,
    -- The number of the last reading of the service's list, or of what a person did last.
    last             INTEGER NOT NULL DEFAULT 0,
    -- The reading that has not come to its end: its number, when it began, where it goes on, and
    -- what the service said of the list.
    reading          INTEGER,
    reading_begun_at INTEGER,
    next_page        INTEGER,
    total            INTEGER,
    per_page         INTEGER,
    UNIQUE (service, folded_name)
) STRICT;

CREATE TABLE loved (
    id            INTEGER PRIMARY KEY,
    account_id    INTEGER NOT NULL REFERENCES loved_account (id),
    artist        TEXT NOT NULL,
    track         TEXT NOT NULL,
    -- The names in lower case, without blanks around them.
    folded_artist TEXT NOT NULL,
    folded_track  TEXT NOT NULL,
    mbid          TEXT,
    loved_at      INTEGER NOT NULL,
    -- Since when it is known to be no longer loved.
    unloved_at    INTEGER,
    -- The number of what showed or changed it last.
    seen          INTEGER NOT NULL,
    -- How its local tracks are known: id, name, person, or nothing was found. NULL: nobody looked.
    how           TEXT,
    checked_at    INTEGER,
    CHECK ((how IS NULL) = (checked_at IS NULL)),
    UNIQUE (account_id, folded_artist, folded_track)
) STRICT;

CREATE TABLE loved_local (
    loved_id INTEGER NOT NULL REFERENCES loved (id),
    -- Its place among the local tracks of this one.
    place    INTEGER NOT NULL,
    -- What the player calls it.
    local_id TEXT NOT NULL,
    PRIMARY KEY (loved_id, place)
) STRICT, WITHOUT ROWID;

CREATE INDEX loved_by_local ON loved_local (local_id);

-- One row for each track that is or was loved; local_ids one a line.
CREATE VIEW loved_tracks (
    service, username, artist, track, mbid, loved_at, loved, unloved_at, unloved, matched_by,
    checked, local_ids
) AS
SELECT
    account.service, account.name, artist, track, mbid,
    loved_at, datetime(loved_at, 'unixepoch'), unloved_at, datetime(unloved_at, 'unixepoch'),
    how, datetime(checked_at, 'unixepoch'),
    (SELECT group_concat(local_id, char(10)) FROM
        (SELECT local_id FROM loved_local WHERE loved_id = loved.id ORDER BY place))
FROM loved JOIN loved_account AS account ON account.id = loved.account_id
ORDER BY account.service, account.folded_name, loved_at DESC, loved.id;
