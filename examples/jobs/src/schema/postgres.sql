-- What people and watchers see of jobs, beside River's own tables (river_*).
--
-- On Citus all of these stay local to the coordinator, as River's do: a queue needs
-- FOR UPDATE SKIP LOCKED over many users, and that does not work over shards. Never distribute them.
-- Times are whole seconds since 1970, UTC.

CREATE TABLE fetch_jobs (
    kind        text     NOT NULL,            -- sync, audit
    user_key    text     NOT NULL,            -- the user's name in lower case
    username    text     NOT NULL,            -- as it was ordered
    job_id      bigint   NOT NULL,            -- the newest job: river_job.id
    status      text     NOT NULL,            -- waiting, running, resting, finished, cancelled, failed
    priority    smallint NOT NULL,            -- 1 a person waits, 2 scheduled, 3 nightly
    phase       text,                         -- what it does
    progress    bigint,                       -- how much of it is done
    total       bigint,                       -- of how much, if known
    details     text     NOT NULL,            -- all that it tells of its progress, as JSON
    summary     text,                         -- what came of it, once it is finished
    error       text,                         -- what went wrong last, in words
    retryable   boolean  NOT NULL,            -- whether ordering it again can help
    ordered_at  bigint   NOT NULL,
    started_at  bigint,
    updated_at  bigint   NOT NULL,
    finished_at bigint,
    resume_at   bigint,                       -- when a resting job goes on
    failures    integer  NOT NULL,            -- in a row, of this job
    slice       bigint   NOT NULL,            -- rises with every slice: whoever writes names his own
    slice_at    bigint,                       -- when the slice in work began; NULL: nobody is at work
    worker      text,                         -- who works on it, or did last
    change      bigint   NOT NULL,            -- rises with every change of this row
    PRIMARY KEY (kind, user_key)
) WITH (fillfactor = 50);

-- What became of jobs: one row for each end of a job, and for each time that something went wrong.
CREATE TABLE fetch_history (
    id       bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind     text    NOT NULL,
    user_key text    NOT NULL,
    job_id   bigint  NOT NULL,
    slice    bigint  NOT NULL,
    at       bigint  NOT NULL,
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
-- this refuses a write whose claim is not the one in force. (Up to version 13 extract returns a
-- floating number.)
CREATE FUNCTION fetch_refuse_overtaken() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'running' THEN
        NEW.metadata := NEW.metadata - 'claim';
    ELSIF NEW.metadata ? 'claim'
        AND (NEW.metadata ->> 'claim')::bigint
            <> round(extract(epoch FROM date_trunc('milliseconds', OLD.attempted_at)) * 1000)::bigint
    THEN
        RETURN NULL;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER fetch_refuse_overtaken BEFORE UPDATE ON river_job
    FOR EACH ROW EXECUTE FUNCTION fetch_refuse_overtaken();

-- Some ends only River knows, such as that of a job that was cancelled while its worker was dead.
-- They are written down like any other, and told to whoever watches.
CREATE FUNCTION fetch_show_end() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ended fetch_jobs;
BEGIN
    UPDATE fetch_jobs SET
        status = CASE NEW.state WHEN 'cancelled' THEN 'cancelled' ELSE 'failed' END,
        error = CASE NEW.state WHEN 'cancelled' THEN error ELSE 'the queue gave it up' END,
        slice_at = NULL, resume_at = NULL, retryable = true, change = change + 1,
        updated_at = floor(extract(epoch FROM clock_timestamp()))::bigint,
        finished_at = floor(extract(epoch FROM clock_timestamp()))::bigint
    WHERE kind = NEW.args ->> 'kind' AND user_key = NEW.args ->> 'user' AND job_id = NEW.id
        AND finished_at IS NULL
    RETURNING * INTO ended;
    IF FOUND THEN
        INSERT INTO fetch_history (kind, user_key, job_id, slice, at, event, words)
        VALUES (ended.kind, ended.user_key, ended.job_id, ended.slice, ended.finished_at,
            CASE ended.status WHEN 'cancelled' THEN 'cancelled' ELSE 'gave_up' END,
            CASE ended.status WHEN 'cancelled' THEN '' ELSE ended.error END);
        PERFORM pg_notify(TG_TABLE_SCHEMA || '.fetch_jobs', ended.kind || ' ' || ended.user_key);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER fetch_show_end AFTER UPDATE OF state ON river_job FOR EACH ROW
    WHEN (NEW.kind = 'fetch' AND OLD.state <> NEW.state
        AND NEW.state IN ('cancelled', 'completed', 'discarded'))
    EXECUTE FUNCTION fetch_show_end();
