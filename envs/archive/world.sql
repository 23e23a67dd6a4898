-- The archive of an invented country. What the desk can read are the documents; the other tables are what the documents
-- were written from, kept consistent with them by every situation. No tool shows them.

CREATE TABLE documents (
  document_id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('town', 'person', 'house', 'work', 'event', 'note')),
  title TEXT NOT NULL,
  body TEXT NOT NULL,
  written_on TEXT NOT NULL,
  mark TEXT NOT NULL UNIQUE,
  subject TEXT NOT NULL
) STRICT;
CREATE INDEX documents_by_title ON documents (title);
CREATE VIRTUAL TABLE documents_search USING fts5(title, body, content=documents);

CREATE TABLE trades (trade TEXT PRIMARY KEY) STRICT;
CREATE TABLE towns (
  town_id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  river TEXT NOT NULL UNIQUE,
  charter INTEGER NOT NULL
) STRICT;
CREATE TABLE people (
  person_id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  trade TEXT NOT NULL REFERENCES trades,
  born INTEGER NOT NULL,
  town TEXT NOT NULL,
  twin INTEGER NOT NULL,
  UNIQUE (name, trade)
) STRICT;
CREATE TABLE houses (
  house_id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  town TEXT NOT NULL,
  founder TEXT NOT NULL,
  founded INTEGER NOT NULL UNIQUE
) STRICT;
CREATE TABLE works (
  work_id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  house TEXT NOT NULL,
  maker TEXT NOT NULL,
  made INTEGER NOT NULL,
  place INTEGER NOT NULL,
  UNIQUE (house, place)
) STRICT;
CREATE TABLE events (
  event_id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  town TEXT NOT NULL,
  year INTEGER NOT NULL
) STRICT;
CREATE TABLE notes (
  subject TEXT PRIMARY KEY,
  silent INTEGER NOT NULL
) STRICT;
