-- A lending library. A copy that stands in a loan line is out.
CREATE TABLE members (
  member_id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  code TEXT NOT NULL UNIQUE,
  level TEXT NOT NULL CHECK (level IN ('regular', 'blocked')),
  present INTEGER NOT NULL CHECK (present IN (0, 1)),   -- 1: stands at the desk, card in hand
  desk TEXT CHECK (desk IN ('weight', 'dispute')),      -- where the member was sent
  remark TEXT
) STRICT;

CREATE TABLE items (
  item_id TEXT PRIMARY KEY,
  title TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('book', 'map', 'game')),
  shelf TEXT NOT NULL UNIQUE,
  weight REAL NOT NULL CHECK (weight > 0)               -- kilograms
) STRICT;

CREATE TABLE loans (
  loan_id TEXT PRIMARY KEY,
  member_id TEXT NOT NULL REFERENCES members,
  due_on TEXT NOT NULL,
  note TEXT
) STRICT;

CREATE TABLE loan_lines (
  loan_id TEXT NOT NULL REFERENCES loans,   -- first, so that last_id() still is the loan's where a line is made
  line_id TEXT PRIMARY KEY,
  item_id TEXT NOT NULL UNIQUE REFERENCES items
) STRICT;
CREATE INDEX lines_by_loan ON loan_lines (loan_id);
