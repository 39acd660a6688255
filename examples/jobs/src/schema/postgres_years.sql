-- Jobs can be about one year.

-- 0: about all of them. It is no NULL, since two of these would not be equal in a key.
ALTER TABLE fetch_jobs ADD COLUMN year smallint NOT NULL DEFAULT 0;
ALTER TABLE fetch_jobs DROP CONSTRAINT fetch_jobs_pkey;
ALTER TABLE fetch_jobs ADD PRIMARY KEY (kind, user_key, year);
ALTER TABLE fetch_history ADD COLUMN year smallint NOT NULL DEFAULT 0;

-- As before, and with the year; kinds are sync, audit, enrich, scrobble.
CREATE OR REPLACE FUNCTION fetch_show_end() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ended fetch_jobs;
BEGIN
    UPDATE fetch_jobs SET
        status = CASE NEW.state WHEN 'cancelled' THEN 'cancelled' ELSE 'failed' END,
        error = CASE NEW.state WHEN 'cancelled' THEN error ELSE 'the queue gave it up' END,
        slice_at = NULL, resume_at = NULL, retryable = true, change = change + 1,
        updated_at = floor(extract(epoch FROM clock_timestamp()))::bigint,
        finished_at = floor(extract(epoch FROM clock_timestamp()))::bigint
    WHERE kind = NEW.args ->> 'kind' AND user_key = NEW.args ->> 'user'
        AND year = coalesce((NEW.args ->> 'year')::smallint, 0) AND job_id = NEW.id
        AND finished_at IS NULL
    RETURNING * INTO ended;
    IF FOUND THEN
        INSERT INTO fetch_history (kind, user_key, year, job_id, slice, at, event, words)
        VALUES (ended.kind, ended.user_key, ended.year, ended.job_id, ended.slice,
            ended.finished_at,
            CASE ended.status WHEN 'cancelled' THEN 'cancelled' ELSE 'gave_up' END,
            CASE ended.status WHEN 'cancelled' THEN '' ELSE ended.error END);
        PERFORM pg_notify(TG_TABLE_SCHEMA || '.fetch_jobs',
            ended.kind || ' ' || ended.year || ' ' || ended.user_key);
    END IF;
    RETURN NULL;
END
$$;
