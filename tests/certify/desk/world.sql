CREATE TABLE depots (
  depot_id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  phone TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE customers (
  customer_id TEXT PRIMARY KEY,
  code TEXT NOT NULL UNIQUE,
  depot_id TEXT NOT NULL REFERENCES depots,
  topic TEXT CHECK (topic IN ('depot', 'claim'))
) STRICT;

CREATE TABLE parcels (
  parcel_id TEXT PRIMARY KEY,
  customer_id TEXT NOT NULL REFERENCES customers,
  sender TEXT NOT NULL,
  due_on TEXT NOT NULL,
  slot TEXT CHECK (slot IN ('morning', 'noon', 'evening')),
  held INTEGER NOT NULL DEFAULT 0 CHECK (held IN (0, 1)),
  note TEXT
) STRICT;
