-- A mail-order house and its warehouse. Moments are 'YYYY-MM-DD HH:MM', days 'YYYY-MM-DD', money is in cents,
-- weights are whole kilograms as packed.

-- One e-mail address may stand for several accounts (a couple, a house and a firm); the postcode tells them apart.
CREATE TABLE customers (
  customer_id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  email TEXT NOT NULL,
  postcode TEXT NOT NULL UNIQUE,
  tier TEXT NOT NULL CHECK (tier IN ('basic', 'club'))
) STRICT;
CREATE INDEX customers_by_email ON customers (email);

CREATE TABLE addresses (
  address_id TEXT PRIMARY KEY,
  customer_id TEXT NOT NULL REFERENCES customers,
  label TEXT NOT NULL CHECK (label IN ('house', 'office', 'summer cottage', 'farm', 'parcel locker')),
  street TEXT NOT NULL,
  town TEXT NOT NULL,
  zone TEXT NOT NULL CHECK (zone IN ('mainland', 'island')),
  UNIQUE (customer_id, label)
) STRICT;

CREATE TABLE articles (
  article_id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  category TEXT NOT NULL CHECK (category IN ('kitchen', 'household', 'workshop', 'garden', 'spare part')),
  price INTEGER NOT NULL CHECK (price > 0),
  kg INTEGER NOT NULL CHECK (kg > 0),                     -- one piece, packed
  transport TEXT NOT NULL CHECK (transport IN ('ordinary', 'hazardous'))
) STRICT;

-- Pieces in the warehouse that no order has been promised yet.
CREATE TABLE stock (
  article_id TEXT PRIMARY KEY REFERENCES articles,
  bin TEXT NOT NULL UNIQUE,
  free INTEGER NOT NULL CHECK (free >= 0)
) STRICT;

CREATE TABLE arrivals (
  arrival_id TEXT PRIMARY KEY,
  article_id TEXT NOT NULL REFERENCES articles,
  due_on TEXT NOT NULL,
  pieces INTEGER NOT NULL CHECK (pieces > 0),
  UNIQUE (article_id, due_on)
) STRICT;

-- The warehouse picks orders in waves. Before its wave an order is only paper; from then on it is on a trolley.
CREATE TABLE waves (
  wave_id TEXT PRIMARY KEY,
  starts_at TEXT NOT NULL
) STRICT;

CREATE TABLE orders (
  order_id TEXT PRIMARY KEY,
  reference TEXT UNIQUE,                                   -- on the customer's papers; NULL until they are printed
  customer_id TEXT NOT NULL REFERENCES customers,
  address_id TEXT NOT NULL REFERENCES addresses,
  placed_on TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('open', 'stopped', 'sent', 'delivered')),
  pay_by TEXT NOT NULL CHECK (pay_by IN ('invoice', 'card')),
  points_used INTEGER NOT NULL CHECK (points_used >= 0),
  wave_id TEXT REFERENCES waves                            -- NULL: not planned yet
) STRICT;
CREATE INDEX orders_by_customer ON orders (customer_id);

CREATE TABLE order_lines (
  order_id TEXT NOT NULL REFERENCES orders,
  article_id TEXT NOT NULL REFERENCES articles,
  pieces INTEGER NOT NULL CHECK (pieces > 0),
  unit_price INTEGER NOT NULL CHECK (unit_price > 0),      -- as charged
  finish TEXT NOT NULL CHECK (finish IN ('plain', 'engraved')),
  PRIMARY KEY (order_id, article_id)
) STRICT;

CREATE TABLE parcels (
  parcel_id TEXT PRIMARY KEY,
  order_id TEXT NOT NULL REFERENCES orders,
  carrier TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('packing', 'on its way', 'delivered', 'lost')),
  last_scan_at TEXT,                                       -- while it is on its way
  delivered_on TEXT
) STRICT;
CREATE INDEX parcels_by_order ON parcels (order_id);

-- Searches that a carrier was asked to make for a parcel.
CREATE TABLE traces (
  trace_id TEXT PRIMARY KEY,
  parcel_id TEXT NOT NULL UNIQUE REFERENCES parcels,
  opened_at TEXT NOT NULL
) STRICT;

-- A two-hour visit of the house's own van, for goods that no parcel service takes. It is free while it has no order.
CREATE TABLE van_visits (
  visit_id TEXT PRIMARY KEY,
  starts_at TEXT NOT NULL,
  crew INTEGER NOT NULL CHECK (crew IN (1, 2)),
  order_id TEXT REFERENCES orders
) STRICT;

CREATE TABLE invoices (
  invoice_id TEXT PRIMARY KEY,
  customer_id TEXT NOT NULL REFERENCES customers,
  amount INTEGER NOT NULL CHECK (amount > 0),
  due_on TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('open', 'paid'))
) STRICT;
CREATE INDEX invoices_by_customer ON invoices (customer_id);

-- Loyalty points as they were earned; what is spent comes off the lot that lapses first.
CREATE TABLE point_lots (
  lot_id TEXT PRIMARY KEY,
  customer_id TEXT NOT NULL REFERENCES customers,
  points INTEGER NOT NULL CHECK (points >= 0),
  lapses_on TEXT NOT NULL,                                 -- last day on which they can be spent
  UNIQUE (customer_id, lapses_on)
) STRICT;

CREATE TABLE recalls (
  recall_id TEXT PRIMARY KEY,
  article_id TEXT NOT NULL UNIQUE REFERENCES articles,
  first_batch INTEGER NOT NULL,
  last_batch INTEGER NOT NULL,
  CHECK (first_batch <= last_batch)
) STRICT;

-- What a customer has at home. The desk cannot see it; the customer looks at it and says what there is.
CREATE TABLE items_at_home (
  item_id TEXT PRIMARY KEY,
  order_id TEXT NOT NULL,
  article_id TEXT NOT NULL,
  batch INTEGER NOT NULL,
  damage TEXT NOT NULL CHECK (damage IN ('none', 'scratched', 'broken')),
  held INTEGER NOT NULL CHECK (held IN (0, 1)),            -- 1: it stands in front of the customer
  FOREIGN KEY (order_id, article_id) REFERENCES order_lines (order_id, article_id)
) STRICT;

CREATE TABLE returns (
  return_id TEXT PRIMARY KEY,
  order_id TEXT NOT NULL,
  article_id TEXT NOT NULL,
  reason TEXT NOT NULL CHECK (reason IN ('unwanted', 'wrong size', 'faulty')),
  status TEXT NOT NULL CHECK (status IN ('announced', 'arrived', 'settled')),
  condition TEXT CHECK (condition IN ('as new', 'used', 'incomplete')),     -- what the returns hall found
  refund INTEGER,
  UNIQUE (order_id, article_id),
  FOREIGN KEY (order_id, article_id) REFERENCES order_lines (order_id, article_id)
) STRICT;

CREATE TABLE replacements (
  replacement_id TEXT PRIMARY KEY,
  order_id TEXT NOT NULL REFERENCES orders,
  article_id TEXT NOT NULL REFERENCES articles,
  cause TEXT NOT NULL CHECK (cause IN ('recall', 'damage')),
  batch INTEGER
) STRICT;

CREATE TABLE credits (
  credit_id TEXT PRIMARY KEY,
  order_id TEXT NOT NULL REFERENCES orders,
  cause TEXT NOT NULL CHECK (cause IN ('price drop', 'damage', 'lost parcel')),
  article_id TEXT REFERENCES articles,                     -- NULL: all that is in the order
  amount INTEGER NOT NULL CHECK (amount > 0)
) STRICT;

CREATE TABLE handovers (
  handover_id TEXT PRIMARY KEY,
  customer_id TEXT NOT NULL REFERENCES customers,
  topic TEXT NOT NULL CHECK (topic IN ('claims', 'returns', 'accounts', 'complaint', 'outage')),
  note TEXT,
  opened_at TEXT NOT NULL
) STRICT;
