-- What people and watchers see of jobs, beside River's own tables (river_*).
-- Times are whole seconds since 1970, UTC.

CREATE TABLE fetch_jobs (
    kind        text    NOT NULL,             -- sync, audit
    user_key    text    NOT NULL,             -- the user's name in lower case
    username    text    NOT NULL,             -- as it was ordered
    job_id      integer NOT NULL,             -- the newest job: river_job.id
    status      text    NOT NULL,             -- waiting, running, resting, finished, cancelled, failed
    priority    integer NOT NULL,             -- 1 a person waits, 2 scheduled, 3 nightly
    phase       text,                         -- what it does
    progress    integer,                      -- how much of it is done
    total       integer,                      -- of how much, if known
    details     text    NOT NULL,             -- all that it tells of its progress, as JSON
    summary     text,                         -- what came of it, once it is finished
    error       text,                         -- what went wrong last, in words
    retryable   boolean NOT NULL,             -- whether ordering it again can help
    ordered_at  integer NOT NULL,
    started_at  integer,
    updated_at  integer NOT NULL,
    finished_at integer,
    resume_at   integer,                      -- when a resting job goes on
    failures    integer NOT NULL,             -- in a row, of this job
    slice       integer NOT NULL,             -- rises with every slice: whoever writes names his own
    slice_at    integer,                      -- when the slice in work began; NULL: nobody is at work
    worker      text,                         -- who works on it, or did last
    change      integer NOT NULL,             -- rises with every change of this row
    PRIMARY KEY (kind, user_key)
) WITHOUT ROWID;

-- What became of jobs: one row for each end of a job, and for each time that something went wrong.
CREATE TABLE fetch_history (
    id       integer PRIMARY KEY AUTOINCREMENT,
    kind     text    NOT NULL,
    user_key text    NOT NULL,
    job_id   integer NOT NULL,
    slice    integer NOT NULL,
    at       integer NOT NULL,
    event    text    NOT NULL,                -- finished, failed_once, outage, rescued, cancelled, gave_up
    words    text    NOT NULL
);
CREATE INDEX fetch_history_of_user ON fetch_history (kind, user_key, id);
CREATE INDEX fetch_history_by_age ON fetch_history (at);
-- Counted each time that somebody looks at how all jobs stand.
CREATE INDEX fetch_history_of_trouble ON fetch_history (event)
    WHERE event IN ('failed_once', 'gave_up', 'rescued');

-- River writes what came of an attempt wherever the job is running, whoever runs it by now. A worker
-- that was frozen for longer than its lease would so end the attempt of another one. Each attempt of
-- ours therefore writes with what it took the job (metadata.claim: attempted_at, milliseconds), and
-- this refuses a write whose claim is not the one in force.
CREATE TRIGGER fetch_refuse_overtaken BEFORE UPDATE ON river_job
    WHEN OLD.state = 'running' AND json_extract(NEW.metadata, '$.claim')
        <> CAST(round(unixepoch(OLD.attempted_at, 'subsec') * 1000) AS integer)
BEGIN
    SELECT RAISE(IGNORE);
END;
CREATE TRIGGER fetch_forget_claim AFTER UPDATE OF state ON river_job
    WHEN OLD.state <> 'running' AND NEW.state = 'running'
        AND json_extract(NEW.metadata, '$.claim') IS NOT NULL
BEGIN
    UPDATE river_job SET metadata = jsonb_remove(metadata, '$.claim') WHERE id = NEW.id;
END;

-- Some ends only River knows, such as that of a job that was cancelled while its worker was dead.
-- They are written down like any other.
CREATE TRIGGER fetch_show_end AFTER UPDATE OF state ON river_job
    WHEN NEW.kind = 'fetch' AND OLD.state <> NEW.state
        AND NEW.state IN ('cancelled', 'completed', 'discarded')
BEGIN
    INSERT INTO fetch_history (kind, user_key, job_id, slice, at, event, words)
    SELECT kind, user_key, job_id, slice, unixepoch(),
        CASE NEW.state WHEN 'cancelled' THEN 'cancelled' ELSE 'gave_up' END,
        CASE NEW.state WHEN 'cancelled' THEN '' ELSE 'the queue gave it up' END
    FROM fetch_jobs
    WHERE kind = NEW.args ->> 'kind' AND user_key = NEW.args ->> 'user' AND job_id = NEW.id
        AND finished_at IS NULL;
    UPDATE fetch_jobs SET
        status = CASE NEW.state WHEN 'cancelled' THEN 'cancelled' ELSE 'failed' END,
        error = CASE NEW.state WHEN 'cancelled' THEN error ELSE 'the queue gave it up' END,
        slice_at = NULL, resume_at = NULL, retryable = true, change = change + 1,
        updated_at = unixepoch(), finished_at = unixepoch()
    WHERE kind = NEW.args ->> 'kind' AND user_key = NEW.args ->> 'user' AND job_id = NEW.id
        AND finished_at IS NULL;
END;
