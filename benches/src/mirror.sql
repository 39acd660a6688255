-- The part of MusicBrainz' schema that finds albums, as a mirror has it: the columns of the tables
-- and the indexes that every mirror makes. Without foreign keys and triggers, which mirrors have not.

CREATE EXTENSION IF NOT EXISTS unaccent WITH SCHEMA public;
CREATE SCHEMA musicbrainz;
SET search_path = musicbrainz, public;

CREATE FUNCTION musicbrainz_unaccent(text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    AS $$ SELECT public.unaccent('public.unaccent', $1) $$;
CREATE COLLATION musicbrainz (provider = icu, locale = '@colCaseFirst=lower;colNumeric=yes');

CREATE TABLE artist (
    id serial PRIMARY KEY, gid uuid NOT NULL, name varchar NOT NULL, sort_name varchar NOT NULL,
    begin_date_year smallint, begin_date_month smallint, begin_date_day smallint,
    end_date_year smallint, end_date_month smallint, end_date_day smallint,
    type integer, area integer, gender integer, comment varchar(255) NOT NULL DEFAULT '',
    edits_pending integer NOT NULL DEFAULT 0, last_updated timestamptz DEFAULT now(),
    ended boolean NOT NULL DEFAULT false, begin_area integer, end_area integer);
CREATE TABLE artist_alias (
    id serial PRIMARY KEY, artist integer NOT NULL, name varchar NOT NULL, locale text,
    edits_pending integer NOT NULL DEFAULT 0, last_updated timestamptz DEFAULT now(),
    type integer, sort_name varchar NOT NULL,
    begin_date_year smallint, begin_date_month smallint, begin_date_day smallint,
    end_date_year smallint, end_date_month smallint, end_date_day smallint,
    primary_for_locale boolean NOT NULL DEFAULT false, ended boolean NOT NULL DEFAULT false);
CREATE TABLE artist_credit (
    id serial PRIMARY KEY, name varchar NOT NULL, artist_count smallint NOT NULL,
    ref_count integer DEFAULT 0, created timestamptz DEFAULT now(),
    edits_pending integer NOT NULL DEFAULT 0, gid uuid NOT NULL);
CREATE TABLE artist_credit_name (
    artist_credit integer NOT NULL, position smallint NOT NULL, artist integer NOT NULL,
    name varchar NOT NULL, join_phrase text NOT NULL DEFAULT '',
    PRIMARY KEY (artist_credit, position));
CREATE TABLE release_group (
    id serial PRIMARY KEY, gid uuid NOT NULL, name varchar NOT NULL,
    artist_credit integer NOT NULL, type integer, comment varchar(255) NOT NULL DEFAULT '',
    edits_pending integer NOT NULL DEFAULT 0, last_updated timestamptz DEFAULT now());
CREATE TABLE release_group_alias (
    id serial PRIMARY KEY, release_group integer NOT NULL, name varchar NOT NULL, locale text,
    edits_pending integer NOT NULL DEFAULT 0, last_updated timestamptz DEFAULT now(),
    type integer, sort_name varchar NOT NULL,
    begin_date_year smallint, begin_date_month smallint, begin_date_day smallint,
    end_date_year smallint, end_date_month smallint, end_date_day smallint,
    primary_for_locale boolean NOT NULL DEFAULT false, ended boolean NOT NULL DEFAULT false);
CREATE TABLE release_group_gid_redirect (
    gid uuid PRIMARY KEY, new_id integer NOT NULL, created timestamptz DEFAULT now());
CREATE TABLE release_group_meta (
    id integer PRIMARY KEY, release_count integer NOT NULL DEFAULT 0,
    first_release_date_year smallint, first_release_date_month smallint,
    first_release_date_day smallint, rating smallint, rating_count integer);
CREATE TABLE release_group_secondary_type_join (
    release_group integer NOT NULL, secondary_type integer NOT NULL,
    created timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (release_group, secondary_type));
CREATE TABLE release (
    id serial PRIMARY KEY, gid uuid NOT NULL, name varchar NOT NULL,
    artist_credit integer NOT NULL, release_group integer NOT NULL, status integer,
    packaging integer, language integer, script integer, barcode varchar(255),
    comment varchar(255) NOT NULL DEFAULT '', edits_pending integer NOT NULL DEFAULT 0,
    quality smallint NOT NULL DEFAULT -1, last_updated timestamptz DEFAULT now());
CREATE TABLE release_country (
    release integer NOT NULL, country integer NOT NULL,
    date_year smallint, date_month smallint, date_day smallint, PRIMARY KEY (release, country));
CREATE TABLE release_unknown_country (
    release integer PRIMARY KEY, date_year smallint, date_month smallint, date_day smallint);
CREATE TABLE release_gid_redirect (
    gid uuid PRIMARY KEY, new_id integer NOT NULL, created timestamptz DEFAULT now());
CREATE TABLE medium (
    id serial PRIMARY KEY, release integer NOT NULL, position integer NOT NULL, format integer,
    name varchar NOT NULL DEFAULT '', edits_pending integer NOT NULL DEFAULT 0,
    last_updated timestamptz DEFAULT now(), track_count integer NOT NULL DEFAULT 0,
    gid uuid NOT NULL);
CREATE TABLE recording (
    id serial PRIMARY KEY, gid uuid NOT NULL, name varchar NOT NULL,
    artist_credit integer NOT NULL, length integer, comment varchar(255) NOT NULL DEFAULT '',
    edits_pending integer NOT NULL DEFAULT 0, last_updated timestamptz DEFAULT now(),
    video boolean NOT NULL DEFAULT false);
CREATE TABLE track (
    id serial PRIMARY KEY, gid uuid NOT NULL, recording integer NOT NULL,
    medium integer NOT NULL, position integer NOT NULL, number text NOT NULL,
    name varchar NOT NULL, artist_credit integer NOT NULL, length integer,
    edits_pending integer NOT NULL DEFAULT 0, last_updated timestamptz DEFAULT now(),
    is_data_track boolean NOT NULL DEFAULT false);
