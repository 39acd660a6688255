-- Request rates that many processes and machines share.
--
-- The table stays in this database, also where archives are distributed over several: its
-- statements may read the clock themselves. Times are by the database's clock, in microseconds
-- since 1970.

CREATE TABLE rate (
    service         text   PRIMARY KEY,
    -- The last slot that anybody was given.
    slot_us         bigint NOT NULL DEFAULT 0,
    -- Whose slots are still to come, one each: {"rj": 1795305600250000}. Those that have passed
    -- are dropped while others are given.
    reserved        jsonb  NOT NULL DEFAULT '{}',
    -- The last time that everybody was paused.
    pause_start_us  bigint,
    pause_length_us bigint
-- Each request writes the row anew, into the same page.
) WITH (fillfactor = 10);
