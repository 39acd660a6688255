-- The queue of plays that are on their way to a service, and what became of them.
--
-- These tables stay where they are: on Citus they are local ones, never distributed. Each change
-- begins with a lock on the account's row, and accounts are found by names.
--
-- PostgreSQL's text takes no U+0000. In the texts of these tables U+FDD0 stands for it, and what
-- was U+FDD0 or U+FDD1 itself stands behind a U+FDD1; views show them as U+FFFD. No text has them
-- but those that somebody made to find out.

-- A text of these tables as people read it.
CREATE FUNCTION lastfm_shown(kept text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT translate(kept, U&'\FDD0\FDD1', U&'\FFFD\FFFD')
$$;

-- Whose plays, and where they go.
CREATE TABLE queue_account (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- The address of the service's API.
    service      text COLLATE "C" NOT NULL,
    name         text COLLATE "C" NOT NULL,
    -- The name in lower case: one account, whatever the spelling.
    folded_name  text COLLATE "C" NOT NULL,
    -- The last numbers that were given within the account. None is ever given again, though what
    -- had it is forgotten.
    last_play    bigint NOT NULL DEFAULT 0,
    last_job     bigint NOT NULL DEFAULT 0,
    last_step    bigint NOT NULL DEFAULT 0,
    last_attempt bigint NOT NULL DEFAULT 0,
    -- Why nothing is sent, since when, and until when; NULL: until somebody does something.
    hold_reason  text COLLATE "C",
    hold_until   bigint,
    hold_since   bigint,
    hold_words   text COLLATE "C",
    UNIQUE (service, folded_name)
);

-- Plays that belong together.
CREATE TABLE queue_job (
    account_id bigint NOT NULL REFERENCES queue_account (id),
    id         bigint NOT NULL,
    key        text COLLATE "C" NOT NULL,
    -- SHA-256 of the key, which may be longer than what an index takes.
    key_hash   bytea NOT NULL,
    title      text COLLATE "C" NOT NULL,
    added_at   bigint NOT NULL,
    PRIMARY KEY (account_id, id),
    UNIQUE (account_id, key_hash)
);

CREATE TABLE queued_play (
    account_id            bigint NOT NULL REFERENCES queue_account (id),
    id                    bigint NOT NULL,
    job_id                bigint,
    -- What is sent. It never changes.
    played_at             bigint NOT NULL,
    artist                text COLLATE "C" NOT NULL,
    track                 text COLLATE "C" NOT NULL,
    album                 text COLLATE "C",
    album_artist          text COLLATE "C",
    track_number          bigint,
    mbid                  text COLLATE "C",
    duration_ms           bigint,
    chosen_by_user        boolean NOT NULL,
    -- SHA-256 of artist and track in small letters, without blanks around them: where this and the
    -- second are equal, it is the same play. NULL while it is cancelled, and may be queued again.
    identity              bytea CHECK ((identity IS NULL) = (standing = 'cancelled')),
    queued_at             bigint NOT NULL,
    -- Not sent before.
    due_at                bigint NOT NULL,
    attempt_count         bigint NOT NULL DEFAULT 0,
    -- The newest step of its history.
    last_step             bigint NOT NULL,
    -- Where it stands, since when and why.
    standing              text COLLATE "C" NOT NULL CHECK (
        standing IN (
            'waiting', 'sending', 'accepted', 'paused', 'unknown', 'refused', 'cancelled')),
    since                 bigint NOT NULL,
    reason                text COLLATE "C",
    -- The request that it belongs to, while it is being sent or unknown.
    attempt               bigint CHECK (
        (attempt IS NOT NULL) = (standing IN ('sending', 'unknown'))),
    -- When the sender must be dead.
    lease_until           bigint CHECK ((lease_until IS NOT NULL) = (standing = 'sending')),
    -- Why it was refused, and the service's own words.
    refusal               text COLLATE "C" CHECK ((refusal IS NOT NULL) = (standing = 'refused')),
    refusal_message       text COLLATE "C",
    -- How it is known that the service has it, and as what, where it corrected the names.
    proof                 text COLLATE "C" CHECK ((proof IS NOT NULL) = (standing = 'accepted')),
    accepted_artist       text COLLATE "C",
    accepted_track        text COLLATE "C",
    accepted_album        text COLLATE "C",
    accepted_album_artist text COLLATE "C",
    PRIMARY KEY (account_id, id)
);

CREATE UNIQUE INDEX queued_play_same ON queued_play (account_id, identity, played_at)
    WHERE identity IS NOT NULL;
CREATE INDEX queued_play_by_standing ON queued_play (account_id, standing, id, due_at);
CREATE INDEX queued_play_by_job ON queued_play (account_id, job_id, standing, id, due_at)
    WHERE job_id IS NOT NULL;
CREATE INDEX queued_play_to_send
    ON queued_play (account_id, (job_id IS NOT NULL), played_at, id, due_at)
    WHERE standing IN ('waiting', 'paused');
CREATE INDEX queued_play_due ON queued_play (account_id, due_at) WHERE standing = 'waiting';
CREATE INDEX queued_play_over ON queued_play (account_id, standing, since)
    WHERE standing IN ('accepted', 'cancelled');

-- What happened to plays. Nothing here changes; steps go with their play.
CREATE TABLE queue_step (
    account_id bigint NOT NULL,
    id         bigint NOT NULL,
    play_id    bigint NOT NULL,
    at         bigint NOT NULL,
    -- Where the play stood from then on.
    state      text COLLATE "C" NOT NULL,
    reason     text COLLATE "C",
    -- The step of the same play before this one.
    before     bigint CHECK (before < id),
    PRIMARY KEY (account_id, id)
);

-- One row for each play of the queue, whatever became of it. What waits is scheduled until it is
-- due, and ready from then on.
CREATE VIEW queued_scrobbles (
    username, service, id, played_at, date, artist, track, album, album_artist, state, reason,
    since, due, attempts, job, accepted_as_artist, accepted_as_track
) AS
SELECT
    account.name, account.service, play.id, play.played_at, lastfm_date(play.played_at),
    lastfm_shown(play.artist), lastfm_shown(play.track), lastfm_shown(play.album),
    lastfm_shown(play.album_artist),
    CASE WHEN play.standing <> 'waiting' THEN play.standing
        WHEN play.due_at > extract(epoch FROM now()) THEN 'scheduled' ELSE 'ready' END,
    lastfm_shown(play.reason), lastfm_date(play.since), lastfm_date(play.due_at),
    play.attempt_count, lastfm_shown(job.title), lastfm_shown(play.accepted_artist),
    lastfm_shown(play.accepted_track)
FROM queued_play AS play
JOIN queue_account AS account ON account.id = play.account_id
LEFT JOIN queue_job AS job ON job.account_id = play.account_id AND job.id = play.job_id;

-- What happened to each of them, with dates to read.
CREATE VIEW queued_scrobble_history (
    username, service, play, date, artist, track, state, reason
) AS
SELECT
    account.name, account.service, step.play_id, lastfm_date(step.at),
    lastfm_shown(play.artist), lastfm_shown(play.track), step.state, lastfm_shown(step.reason)
FROM queue_step AS step
JOIN queue_account AS account ON account.id = step.account_id
JOIN queued_play AS play ON play.account_id = step.account_id AND play.id = step.play_id
ORDER BY step.account_id, step.id;
