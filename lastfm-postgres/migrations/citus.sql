-- Spreads the archives over the servers of a Citus cluster, by user. No step of the schema: a
-- database takes it when somebody asks for it, with PostgresStore::spread or with psql, and takes
-- only what is lacking.
--
-- Queues, loved tracks and rates stay local tables of the coordinator, and so do jobs: they lock
-- rows of many users at a time.
DO $$
DECLARE
    shared   text;
    archives text;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_proc WHERE proname = 'create_distributed_table') THEN
        RAISE feature_not_supported USING MESSAGE = 'the extension citus is not in this database';
    END IF;
    -- Whose names are taken, and what is known of albums, is known on every server.
    FOREACH shared IN ARRAY ARRAY['listener_name', 'album']
    LOOP
        IF NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = shared::regclass) THEN
            PERFORM create_reference_table(shared);
        END IF;
    END LOOP;
    -- What others refer to comes first.
    FOREACH archives IN ARRAY ARRAY[
        'listener', 'song', 'variant', 'play', 'removed_play', 'coverage', 'hole', 'work',
        'variant_album']
    LOOP
        IF NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = archives::regclass) THEN
            -- All that is a user's lies on one server.
            PERFORM create_distributed_table(archives, 'user_id', colocate_with =>
                CASE archives WHEN 'listener' THEN 'none' ELSE 'listener' END);
        END IF;
    END LOOP;
END
$$;
