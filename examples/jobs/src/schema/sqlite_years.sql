-- Jobs can be about one year.

DROP TRIGGER fetch_show_end;
ALTER TABLE fetch_jobs RENAME TO fetch_jobs_without_years;

CREATE TABLE fetch_jobs (
    kind        text    NOT NULL,             -- sync, audit, enrich, scrobble
    user_key    text    NOT NULL,             -- the user's name in lower case
    -- 0: about all of them. It is no NULL, since two of these would not be equal in a key.
    year        integer NOT NULL DEFAULT 0,   -- of which year
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
    PRIMARY KEY (kind, user_key, year)
) WITHOUT ROWID;
INSERT INTO fetch_jobs (kind, user_key, username, job_id, status, priority, phase, progress, total,
    details, summary, error, retryable, ordered_at, started_at, updated_at, finished_at, resume_at,
    failures, slice, slice_at, worker, change)
SELECT kind, user_key, username, job_id, status, priority, phase, progress, total, details, summary,
    error, retryable, ordered_at, started_at, updated_at, finished_at, resume_at, failures, slice,
    slice_at, worker, change
FROM fetch_jobs_without_years;
DROP TABLE fetch_jobs_without_years;
ALTER TABLE fetch_history ADD COLUMN year integer NOT NULL DEFAULT 0;

-- As before, and with the year.
CREATE TRIGGER fetch_show_end AFTER UPDATE OF state ON river_job
    WHEN NEW.kind = 'fetch' AND OLD.state <> NEW.state
        AND NEW.state IN ('cancelled', 'completed', 'discarded')
BEGIN
    INSERT INTO fetch_history (kind, user_key, year, job_id, slice, at, event, words)
    SELECT kind, user_key, year, job_id, slice, unixepoch(),
        CASE NEW.state WHEN 'cancelled' THEN 'cancelled' ELSE 'gave_up' END,
        CASE NEW.state WHEN 'cancelled' THEN '' ELSE 'the queue gave it up' END
    FROM fetch_jobs
    WHERE kind = NEW.args ->> 'kind' AND user_key = NEW.args ->> 'user'
        AND year = coalesce(NEW.args ->> 'year', 0) AND job_id = NEW.id AND finished_at IS NULL;
    UPDATE fetch_jobs SET
        status = CASE NEW.state WHEN 'cancelled' THEN 'cancelled' ELSE 'failed' END,
        error = CASE NEW.state WHEN 'cancelled' THEN error ELSE 'the queue gave it up' END,
        slice_at = NULL, resume_at = NULL, retryable = true, change = change + 1,
        updated_at = unixepoch(), finished_at = unixepoch()
    WHERE kind = NEW.args ->> 'kind' AND user_key = NEW.args ->> 'user'
        AND year = coalesce(NEW.args ->> 'year', 0) AND job_id = NEW.id AND finished_at IS NULL;
END;
