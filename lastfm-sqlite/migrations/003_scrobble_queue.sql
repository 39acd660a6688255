-- The queue of plays that are on their way to a service, and what became of them.

-- Whose plays, and where they go.
CREATE TABLE queue_account (
    id           INTEGER PRIMARY KEY,
    -- The address of the service's API.
    service      TEXT NOT NULL,
    name         TEXT NOT NULL,
    -- The name in lower case: one account, whatever the spelling.
    folded_name  TEXT NOT NULL,
    -- The last numbers that were given within the account. None is ever given again, though what
    -- had it is forgotten.
    last_play    INTEGER NOT NULL DEFAULT 0,
    last_job     INTEGER NOT NULL DEFAULT 0,
    last_step    INTEGER NOT NULL DEFAULT 0,
    last_attempt INTEGER NOT NULL DEFAULT 0,
    -- Why nothing is sent, since when, and until when; NULL: until somebody does something.
    hold_reason  TEXT,
    hold_until   INTEGER,
    hold_since   INTEGER,
    hold_words   TEXT,
    UNIQUE (service, folded_name)
) STRICT;

-- Plays that belong together.
CREATE TABLE queue_job (
    account_id INTEGER NOT NULL REFERENCES queue_account (id),
    id         INTEGER NOT NULL,
    key        TEXT NOT NULL,
    title      TEXT NOT NULL,
    added_at   INTEGER NOT NULL,
    PRIMARY KEY (account_id, id),
    UNIQUE (account_id, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE queued_play (
    account_id            INTEGER NOT NULL REFERENCES queue_account (id),
    id                    INTEGER NOT NULL,
    job_id                INTEGER,
    -- What is sent. It never changes.
    played_at             INTEGER NOT NULL,
    artist                TEXT NOT NULL,
    track                 TEXT NOT NULL,
    album                 TEXT,
    album_artist          TEXT,
    track_number          INTEGER,
    mbid                  TEXT,
    duration_ms           INTEGER,
    chosen_by_user        INTEGER NOT NULL CHECK (chosen_by_user IN (0, 1)),
    -- Artist and track in small letters, without blanks around them: where these and the second
    -- are equal, it is the same play. NULL while it is cancelled, and may be queued again.
    folded_artist         TEXT,
    folded_track          TEXT,
    queued_at             INTEGER NOT NULL,
    -- Not sent before.
    due_at                INTEGER NOT NULL,
    attempt_count         INTEGER NOT NULL DEFAULT 0,
    -- The newest step of its history.
    last_step             INTEGER NOT NULL,
    -- Where it stands, since when and why.
    standing              TEXT NOT NULL CHECK (
        standing = 'waiting' OR standing = 'sending' OR standing = 'accepted'
        OR standing = 'paused' OR standing = 'unknown' OR standing = 'refused'
        OR standing = 'cancelled'),
    since                 INTEGER NOT NULL,
    reason                TEXT,
    -- The request that it belongs to, while it is being sent or unknown.
    attempt               INTEGER CHECK ((attempt IS NOT NULL) = (standing IN ('sending', 'unknown'))),
    -- When the sender must be dead.
    lease_until           INTEGER CHECK ((lease_until IS NOT NULL) = (standing = 'sending')),
    -- Why it was refused, and the service's own words.
    refusal               TEXT CHECK ((refusal IS NOT NULL) = (standing = 'refused')),
    refusal_message       TEXT,
    -- How it is known that the service has it, and as what, where it corrected the names.
    proof                 TEXT CHECK ((proof IS NOT NULL) = (standing = 'accepted')),
    accepted_artist       TEXT,
    accepted_track        TEXT,
    accepted_album        TEXT,
    accepted_album_artist TEXT,
    PRIMARY KEY (account_id, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX queued_play_same
    ON queued_play (account_id, played_at, folded_artist, folded_track);
CREATE INDEX queued_play_by_standing ON queued_play (account_id, standing, id, due_at);
CREATE INDEX queued_play_by_job ON queued_play (account_id, job_id, standing, id, due_at)
    WHERE job_id IS NOT NULL;
CREATE INDEX queued_play_to_send
    ON queued_play (account_id, (job_id IS NOT NULL), played_at, id, due_at, standing)
    WHERE standing IN ('waiting', 'paused');
CREATE INDEX queued_play_due ON queued_play (account_id, due_at) WHERE standing = 'waiting';
CREATE INDEX queued_play_over ON queued_play (account_id, standing, since)
    WHERE standing IN ('accepted', 'cancelled');

-- What happened to plays. Nothing here changes; steps go with their play.
CREATE TABLE queue_step (
    account_id INTEGER NOT NULL,
    id         INTEGER NOT NULL,
    play_id    INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    -- Where the play stood from then on.
    state      TEXT NOT NULL,
    reason     TEXT,
    -- The step of the same play before this one.
    before     INTEGER,
    PRIMARY KEY (account_id, id)
) STRICT, WITHOUT ROWID;

-- One row for each play of the queue, whatever became of it. What waits is scheduled until it is
-- due, and ready from then on.
CREATE VIEW queued_scrobbles (
    username, service, id, played_at, date, artist, track, album, album_artist, state, reason,
    since, due, attempts, job, accepted_as_artist, accepted_as_track
) AS
SELECT
    account.name, account.service, play.id, play.played_at, datetime(play.played_at, 'unixepoch'),
    play.artist, play.track, play.album, play.album_artist,
    iif(play.standing <> 'waiting', play.standing,
        iif(play.due_at > unixepoch(), 'scheduled', 'ready')),
    play.reason, datetime(play.since, 'unixepoch'), datetime(play.due_at, 'unixepoch'),
    play.attempt_count, job.title, play.accepted_artist, play.accepted_track
FROM queued_play AS play
JOIN queue_account AS account ON account.id = play.account_id
LEFT JOIN queue_job AS job ON job.account_id = play.account_id AND job.id = play.job_id;

-- What happened to each of them, with dates to read.
CREATE VIEW queued_scrobble_history (
    username, service, play, date, artist, track, state, reason
) AS
SELECT
    account.name, account.service, step.play_id, datetime(step.at, 'unixepoch'),
    play.artist, play.track, step.state, step.reason
FROM queue_step AS step
JOIN queue_account AS account ON account.id = step.account_id
JOIN queued_play AS play ON play.account_id = step.account_id AND play.id = step.play_id
ORDER BY step.account_id, step.id;
