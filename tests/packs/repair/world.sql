-- A repair shop. What is wrong with a machine stands in `symptom`, in words.
CREATE TABLE machines (
  machine_id TEXT PRIMARY KEY,
  number TEXT NOT NULL UNIQUE,
  symptom TEXT NOT NULL,
  worth INTEGER NOT NULL CHECK (worth > 0)
) STRICT;

CREATE TABLE parts (
  part_id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  price INTEGER NOT NULL CHECK (price > 0)
) STRICT;

CREATE TABLE repairs (
  repair_id TEXT PRIMARY KEY,
  machine_id TEXT NOT NULL REFERENCES machines,
  part_id TEXT NOT NULL REFERENCES parts,
  ready_on TEXT NOT NULL
) STRICT;
