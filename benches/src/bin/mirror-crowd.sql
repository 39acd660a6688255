-- Fills the tables of a mirror with so many groups ({groups}) and a quarter as many artists: names of
-- ordinary words, some artists with thousands of groups and most with a few, releases of several
-- editions, merged identifiers.

SET search_path = musicbrainz, public;
SET synchronous_commit = off;
SET jit = off;

-- A number from 0 to 1 that is always the same for the same row.
CREATE FUNCTION dice(nth bigint, salt integer) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT (hashint8extended(nth, salt) & 16777215) / 16777216.0 $$;
CREATE FUNCTION pick(list text[], nth bigint, salt integer) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT list[1 + floor(dice(nth, salt) * cardinality(list))::integer] $$;
CREATE FUNCTION word(nth bigint, salt integer) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT pick(ARRAY[
        'Fire', 'Water', 'Night', 'Morning', 'Love', 'Winter', 'Summer', 'Heart', 'Blue', 'Black',
        'White', 'Golden', 'Silver', 'Broken', 'Silent', 'Distant', 'Electric', 'Velvet', 'Paper',
        'Stone', 'Glass', 'River', 'Ocean', 'Mountain', 'Desert', 'City', 'Street', 'Home', 'Road',
        'Dream', 'Shadow', 'Light', 'Moon', 'Sun', 'Star', 'Sky', 'Cloud', 'Rain', 'Snow', 'Storm',
        'Wild', 'Gentle', 'Lonely', 'Sacred', 'Secret', 'Hollow', 'Crimson', 'Violet', 'Emerald',
        'Tiger', 'Wolf', 'Raven', 'Swan', 'Horse', 'Lion', 'Machine', 'Engine', 'Radio', 'Signal',
        'Mirror', 'Window', 'Garden', 'Forest', 'Island', 'Harbour', 'Bridge', 'Tower', 'Castle',
        'Kingdom', 'Empire', 'Prophet', 'Soldier', 'Stranger', 'Sister', 'Brother', 'Mother',
        'Father', 'Angel', 'Devil', 'Ghost', 'Spirit', 'Memory', 'Promise', 'Freedom', 'Danger',
        'Pleasure', 'Sorrow', 'Thunder', 'Lightning', 'Gravity', 'Motion', 'Echo', 'Rhythm',
        'Melody', 'Symphony', 'Anthem', 'Hymn', 'Ballad', 'Waltz', 'Café', 'Déjà', 'Über'
    ], nth, salt) $$;
CREATE FUNCTION syllables(nth bigint, salt integer) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT initcap(
        pick(ARRAY['ka', 'mo', 'ste', 'ri', 'ber', 'lan', 'jo', 'pe', 'wil', 'har', 'an', 'el',
            'gri', 'tho', 'mas', 'ver', 'da', 'fro', 'le', 'sö'], nth, salt)
        || pick(ARRAY['ri', 'no', 'ven', 'son', 'mar', 'ta', 'len', 'do', 'wick', 'lo', 'gan',
            'bert', 'ne', 'ley', 'ham', 'ko'], nth, salt + 1)
        || pick(ARRAY['', '', 'son', 's', 'a', 'er', 'ski', 'o', 'in', 'ez'], nth, salt + 2)) $$;
CREATE FUNCTION title(nth bigint) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT CASE floor(dice(nth, 10) * 8)::integer
        WHEN 0 THEN word(nth, 11)
        WHEN 1 THEN 'The ' || word(nth, 11) || ' ' || word(nth, 12)
        WHEN 2 THEN word(nth, 11) || ' of ' || word(nth, 12)
        WHEN 3 THEN word(nth, 11) || ' & ' || word(nth, 12)
        WHEN 4 THEN word(nth, 11) || ' in the ' || word(nth, 12) || ' ' || word(nth, 13)
        WHEN 5 THEN syllables(nth, 11) || ', Volume ' || 1 + floor(dice(nth, 14) * 9)
        WHEN 6 THEN word(nth, 11) || ' ' || syllables(nth, 12)
        ELSE word(nth, 11) || ' ' || word(nth, 12) || ' ' || word(nth, 13) END $$;
CREATE FUNCTION performer(nth bigint) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT CASE floor(dice(nth, 20) * 6)::integer
        WHEN 0 THEN 'The ' || word(nth, 21) || ' ' || word(nth, 22) || 's'
        WHEN 1 THEN word(nth, 21) || ' ' || word(nth, 22)
        WHEN 2 THEN syllables(nth, 21)
        WHEN 3 THEN syllables(nth, 21) || ' & The ' || word(nth, 24) || 's'
        ELSE syllables(nth, 21) || ' ' || syllables(nth, 25) END $$;

-- Ten groups share a title, as groups do.
CREATE TABLE titles AS
    SELECT nth::integer, title(nth) FROM generate_series(0, {groups} / 10 - 1) AS nth;
CREATE FUNCTION titled(nth bigint, salt integer) RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT floor(dice(nth, salt) * ({groups} / 10))::integer $$;

INSERT INTO artist (id, gid, name, sort_name)
    SELECT nth, md5('artist' || nth)::uuid, name, name
    FROM (SELECT nth, CASE nth WHEN 1 THEN 'Various Artists' ELSE performer(nth) END
          FROM generate_series(1, {groups} / 4) AS nth) AS made (nth, name);
UPDATE artist SET gid = '89ad4ac3-39f7-470e-963a-56509c546377' WHERE id = 1;
INSERT INTO artist_alias (artist, name, sort_name)
    SELECT id, upper(name), upper(name) FROM artist WHERE id % 5 = 0;
INSERT INTO artist_credit (id, name, artist_count, gid)
    SELECT id, name, 1, md5('credit' || id)::uuid FROM artist;
INSERT INTO artist_credit_name (artist_credit, position, artist, name)
    SELECT id, 0, id, name FROM artist;
-- One group of 33 is of two artists.
INSERT INTO artist_credit_name (artist_credit, position, artist, name, join_phrase)
    SELECT {groups} + nth, position, artist.id, artist.name, CASE position WHEN 0 THEN ' & ' ELSE '' END
    FROM generate_series(33, {groups}, 33) AS nth, generate_series(0, 1) AS position,
        LATERAL (SELECT 2 + floor(power(dice(nth, 30 + position), 3) * ({groups} / 4 - 2))::integer)
            AS chosen (id)
        JOIN artist ON artist.id = chosen.id;
INSERT INTO artist_credit (id, name, artist_count, gid)
    SELECT artist_credit, string_agg(name || join_phrase, '' ORDER BY position), 2,
        md5('credit' || artist_credit)::uuid
    FROM artist_credit_name WHERE artist_credit > {groups} GROUP BY artist_credit;
-- The first artist gets one group of a hundred, the hundredth one of five thousand, and most a few.
INSERT INTO release_group (id, gid, name, artist_credit, type)
    SELECT group_number, md5('group' || group_number)::uuid, title,
        CASE WHEN group_number % 33 = 0 THEN {groups} + group_number
            ELSE 1 + floor(power(dice(group_number, 40), 3) * ({groups} / 4))::integer END,
        CASE WHEN dice(group_number, 41) < 0.6 THEN 1 WHEN dice(group_number, 41) < 0.85 THEN 2 ELSE 3 END
    FROM generate_series(1, {groups}) AS group_number
        JOIN titles ON nth = titled(group_number, 45);
INSERT INTO release_group_secondary_type_join (release_group, secondary_type)
    SELECT id, 1 + floor(dice(id, 42) * 10)::integer FROM release_group WHERE id % 8 = 0;
INSERT INTO release_group_meta (id, release_count, first_release_date_year, first_release_date_month)
    SELECT id, 1, 1955 + floor(dice(id, 43) * 70), 1 + floor(dice(id, 44) * 12) FROM release_group;
INSERT INTO release_group_alias (release_group, name, sort_name)
    SELECT id, title, title FROM release_group JOIN titles ON nth = titled(id, 46) WHERE id % 50 = 0;
INSERT INTO release (id, gid, name, artist_credit, release_group, status)
    SELECT (release_group.id - 1) * 8 + edition, md5('release' || release_group.id || '-' || edition)::uuid,
        name || CASE WHEN edition = 1 OR dice(release_group.id, 50 + edition) < 0.6 THEN ''
            ELSE pick(ARRAY[' (Deluxe Edition)', ' (2011 Remaster)', ' [Expanded]', ' EP'],
                release_group.id, 60 + edition) END,
        artist_credit, release_group.id, 1
    FROM release_group,
        generate_series(1, 1 + floor(power(dice(release_group.id, 70), 4) * 4)::integer) AS edition;
INSERT INTO release_gid_redirect (gid, new_id)
    SELECT md5('merged' || id)::uuid, (id - 1) * 8 + 1 FROM release_group WHERE id % 10 = 0;
INSERT INTO release_group_gid_redirect (gid, new_id)
    SELECT md5('merged group' || id)::uuid, id FROM release_group WHERE id % 20 = 0;
INSERT INTO medium (id, release, position, gid)
    SELECT id, id, 1, md5('medium' || id)::uuid FROM release WHERE id % 16 = 1;
INSERT INTO track (gid, recording, medium, position, number, name, artist_credit)
    SELECT md5('track' || id || '-' || place)::uuid, 1, id, place, place, title, 1
    FROM medium, generate_series(1, 3) AS place JOIN titles ON true
    WHERE nth = titled(id * 16 + place, 47);
