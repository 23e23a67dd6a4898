-- Telephone desk of a small retail bank. Moments are 'YYYY-MM-DD HH:MM', days 'YYYY-MM-DD', money is in cents.

CREATE TABLE customers (
  customer_id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  phone TEXT NOT NULL UNIQUE,
  code_word TEXT NOT NULL,                  -- compared by the system, never shown to the desk
  town TEXT NOT NULL,
  address_changed_on TEXT,                  -- NULL: never moved since they joined
  monthly_income INTEGER NOT NULL CHECK (monthly_income > 0)
) STRICT;

-- The bank's own branches, where cards can be picked up.
CREATE TABLE branches (
  branch_id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  town TEXT NOT NULL
) STRICT;
CREATE INDEX branches_by_town ON branches (town);

CREATE TABLE accounts (
  account_id TEXT PRIMARY KEY,
  account_number TEXT NOT NULL UNIQUE,
  customer_id TEXT NOT NULL REFERENCES customers,         -- the holder
  kind TEXT NOT NULL CHECK (kind IN ('current', 'savings', 'notice')),
  status TEXT NOT NULL CHECK (status IN ('open', 'closed')),
  balance INTEGER NOT NULL,                 -- below zero: the arranged overdraft is in use
  overdraft INTEGER NOT NULL CHECK (overdraft >= 0),      -- arranged, current accounts only
  UNIQUE (customer_id, kind)
) STRICT;

-- How much may be sent from a current account in a day.
CREATE TABLE limits (
  account_id TEXT PRIMARY KEY REFERENCES accounts,
  daily_limit INTEGER NOT NULL CHECK (daily_limit >= 0)
) STRICT;

-- Somebody else than the holder who was given power over an account.
CREATE TABLE mandates (
  mandate_id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts,
  customer_id TEXT NOT NULL REFERENCES customers,         -- who was given it
  scope TEXT NOT NULL CHECK (scope IN ('full', 'view')),
  UNIQUE (account_id, customer_id)
) STRICT;
CREATE INDEX mandates_by_customer ON mandates (customer_id);

-- The telephone that runs a customer's banking app, and the code which that app shows at the moment.
CREATE TABLE devices (
  device_id TEXT PRIMARY KEY,
  customer_id TEXT NOT NULL UNIQUE REFERENCES customers,
  model TEXT NOT NULL,
  registered_at TEXT NOT NULL,
  code TEXT NOT NULL,
  in_hand INTEGER NOT NULL CHECK (in_hand IN (0, 1))      -- 1: it lies in front of the caller
) STRICT;

CREATE TABLE payees (
  payee_id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts,
  name TEXT NOT NULL,
  account_number TEXT NOT NULL,
  added_on TEXT NOT NULL,
  UNIQUE (account_id, name)
) STRICT;

CREATE TABLE transfers (
  transfer_id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts,
  payee_id TEXT NOT NULL REFERENCES payees,
  amount INTEGER NOT NULL CHECK (amount > 0),
  run_on TEXT NOT NULL,                     -- day on which the money leaves
  sent_at TEXT,                             -- NULL: not sent yet
  status TEXT NOT NULL CHECK (status IN ('sent', 'scheduled', 'recalled')),
  ordered_by TEXT NOT NULL REFERENCES customers (customer_id),
  note TEXT
) STRICT;
CREATE INDEX transfers_by_account ON transfers (account_id, run_on);

CREATE TABLE standing_orders (
  order_id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts,
  recipient TEXT NOT NULL,
  amount INTEGER NOT NULL CHECK (amount > 0),
  every TEXT NOT NULL CHECK (every IN ('month', 'quarter')),
  next_run_on TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('active', 'cancelled')),
  UNIQUE (account_id, recipient)
) STRICT;

CREATE TABLE cards (
  card_id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts,
  kind TEXT NOT NULL CHECK (kind IN ('debit', 'credit')),
  last_four TEXT NOT NULL UNIQUE,
  status TEXT NOT NULL CHECK (status IN ('active', 'frozen', 'blocked')),
  frozen_by TEXT CHECK (frozen_by IN ('customer', 'bank')),
  block_reason TEXT CHECK (block_reason IN ('lost', 'stolen')),
  last_replaced_on TEXT,                    -- NULL: never
  UNIQUE (account_id, kind)
) STRICT;

CREATE TABLE replacements (
  replacement_id TEXT PRIMARY KEY,
  card_id TEXT NOT NULL REFERENCES cards,
  fee INTEGER NOT NULL CHECK (fee >= 0),
  branch_id TEXT REFERENCES branches        -- where it is picked up; NULL: mailed to the holder
) STRICT;

CREATE TABLE card_payments (
  payment_id TEXT PRIMARY KEY,
  card_id TEXT NOT NULL REFERENCES cards,
  merchant TEXT NOT NULL,
  amount INTEGER NOT NULL CHECK (amount > 0),
  paid_on TEXT NOT NULL,
  pending_until TEXT                        -- latest day on which the merchant may book it; NULL: it is booked
) STRICT;
CREATE INDEX card_payments_by_card ON card_payments (card_id);

CREATE TABLE disputes (
  dispute_id TEXT PRIMARY KEY,
  payment_id TEXT NOT NULL UNIQUE REFERENCES card_payments,
  reason TEXT NOT NULL CHECK (reason IN ('unknown payment', 'goods missing', 'wrong amount', 'charged twice')),
  credit TEXT NOT NULL CHECK (credit IN ('immediate', 'deferred'))
) STRICT;

-- Money that a creditor has collected from an account.
CREATE TABLE direct_debits (
  debit_id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts,
  creditor TEXT NOT NULL,
  amount INTEGER NOT NULL CHECK (amount > 0),
  collected_on TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('collected', 'returned'))
) STRICT;
CREATE INDEX direct_debits_by_account ON direct_debits (account_id);

CREATE TABLE fees (
  fee_id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts,
  kind TEXT NOT NULL CHECK (kind IN ('overdraft', 'foreign payment', 'paper statement', 'returned payment')),
  amount INTEGER NOT NULL CHECK (amount > 0),
  charged_on TEXT NOT NULL,
  refunded_on TEXT                          -- NULL: not refunded
) STRICT;
CREATE INDEX fees_by_account ON fees (account_id);

-- Notice given on money in a notice account.
CREATE TABLE notices (
  notice_id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts,
  amount INTEGER NOT NULL CHECK (amount > 0),
  given_on TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('running', 'released'))
) STRICT;
CREATE INDEX notices_by_account ON notices (account_id);

CREATE TABLE handovers (
  handover_id TEXT PRIMARY KEY,
  customer_id TEXT NOT NULL REFERENCES customers,
  topic TEXT NOT NULL CHECK (topic IN ('fraud', 'payments', 'lending', 'complaint', 'outage')),
  note TEXT,
  opened_at TEXT NOT NULL
) STRICT;
