-- A reckoning desk with a book of tables. What the desk can look up are the lines of the book; the other tables are
-- what the lines were made from, and what questions are made of. No tool shows them.

CREATE TABLE lines (
  line_id TEXT PRIMARY KEY,
  book TEXT NOT NULL CHECK (book IN ('measures', 'prices', 'delivery', 'opening', 'feasts', 'weeks', 'timetable',
    'mixtures', 'postage', 'loans', 'crates')),
  item TEXT NOT NULL,
  detail TEXT NOT NULL,
  value TEXT NOT NULL,
  unit TEXT NOT NULL,
  first_day TEXT,
  last_day TEXT
) STRICT;
CREATE INDEX lines_by_item ON lines (book, item);

CREATE TABLE amounts (amount INTEGER PRIMARY KEY) STRICT;
CREATE TABLE times (time TEXT PRIMARY KEY) STRICT;
CREATE TABLE days (day TEXT PRIMARY KEY) STRICT;

CREATE TABLE chains (
  chain_id TEXT PRIMARY KEY,
  big TEXT NOT NULL UNIQUE,
  middle TEXT NOT NULL UNIQUE,
  small TEXT NOT NULL UNIQUE,
  per_big INTEGER NOT NULL,
  per_middle INTEGER NOT NULL
) STRICT;
CREATE TABLE shops (
  shop_id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  rest INTEGER NOT NULL CHECK (rest BETWEEN 1 AND 7),
  delivery INTEGER NOT NULL
) STRICT;
CREATE TABLE goods (
  good_id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  crate INTEGER NOT NULL
) STRICT;
CREATE TABLE offers (
  offer_id TEXT PRIMARY KEY,
  good TEXT NOT NULL,
  shop TEXT NOT NULL,
  early INTEGER NOT NULL,
  late INTEGER NOT NULL,
  change_day TEXT NOT NULL
) STRICT;
CREATE TABLE ferries (ferry_id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE legs (
  leg_id TEXT PRIMARY KEY,
  ferry TEXT NOT NULL,
  minutes INTEGER NOT NULL,                                 -- from the stop before
  place INTEGER NOT NULL
) STRICT;
CREATE TABLE mixes (mix_id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE parts (
  part_id TEXT PRIMARY KEY,
  mix TEXT NOT NULL,
  ingredient TEXT NOT NULL,
  parts INTEGER NOT NULL,
  UNIQUE (mix, ingredient)
) STRICT;
CREATE TABLE zones (
  zone_id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  base INTEGER NOT NULL,
  step INTEGER NOT NULL
) STRICT;
CREATE TABLE things (
  thing_id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  free INTEGER NOT NULL,
  rate INTEGER NOT NULL,
  cap INTEGER NOT NULL
) STRICT;
