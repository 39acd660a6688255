-- Who has logged in. Times are whole seconds since 1970, UTC. Both databases read this.

-- Logins that were begun here and have not come back: each comes back once.
CREATE TABLE server_begun (
    nonce      text   PRIMARY KEY,   -- SHA-256 of what the browser keeps, as hex
    expires_at bigint NOT NULL
);

-- Browsers that are logged in.
CREATE TABLE server_sessions (
    session  text   PRIMARY KEY,     -- SHA-256 of what the browser keeps, as hex
    user_key text   NOT NULL,        -- the name in lower case
    username text   NOT NULL,        -- the name as Last.fm spells it
    since    bigint NOT NULL,
    seen_at  bigint NOT NULL
);
CREATE INDEX server_sessions_of_user ON server_sessions (user_key);

-- Session keys of Last.fm: what is done in somebody's name is done with theirs.
CREATE TABLE server_keys (
    user_key text   PRIMARY KEY,
    username text   NOT NULL,
    key      text   NOT NULL,
    since    bigint NOT NULL
);

-- Whether Last.fm showed a history to nobody but its owner when it was asked last. By the number of the
-- archive, which stays when an account is renamed.
CREATE TABLE server_hidden (
    user_id bigint PRIMARY KEY,
    hidden  bigint NOT NULL          -- 0: everybody may read it
);

-- Who wants nothing of theirs read for now.
CREATE TABLE server_paused (
    user_key text   PRIMARY KEY,
    since    bigint NOT NULL
);
