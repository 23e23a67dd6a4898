-- Front desk of an outpatient clinic. Moments are 'YYYY-MM-DD HH:MM', days 'YYYY-MM-DD', money is in cents.

CREATE TABLE doctors (
  doctor_id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  specialty TEXT NOT NULL CHECK (specialty IN ('general practice', 'dermatology', 'cardiology', 'orthopaedics')),
  room TEXT NOT NULL
) STRICT;

-- A family may share one phone: a phone finds the household, a date of birth the person.
CREATE TABLE patients (
  patient_id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  date_of_birth TEXT NOT NULL,
  phone TEXT NOT NULL,
  email TEXT NOT NULL,
  standing TEXT NOT NULL CHECK (standing IN ('new', 'established')),
  last_waiver_on TEXT                       -- day on which a fee was last waived; NULL: never
) STRICT;
CREATE INDEX patients_by_phone ON patients (phone);

-- People whom a patient has named. Only the role says what they may do, not the relation.
CREATE TABLE contacts (
  contact_id TEXT PRIMARY KEY,
  patient_id TEXT NOT NULL REFERENCES patients,
  name TEXT NOT NULL,
  relation TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('guardian', 'authorised', 'emergency contact'))
) STRICT;
CREATE INDEX contacts_by_patient ON contacts (patient_id);

-- A time that a doctor offers. It is free while no booked appointment holds it.
CREATE TABLE slots (
  slot_id TEXT PRIMARY KEY,
  doctor_id TEXT NOT NULL REFERENCES doctors,
  starts_at TEXT NOT NULL,
  minutes INTEGER NOT NULL CHECK (minutes IN (20, 40)),
  UNIQUE (doctor_id, starts_at)
) STRICT;
CREATE INDEX slots_by_day ON slots (date(starts_at));

CREATE TABLE referrals (
  referral_id TEXT PRIMARY KEY,
  patient_id TEXT NOT NULL REFERENCES patients,
  specialty TEXT NOT NULL CHECK (specialty IN ('dermatology', 'cardiology', 'orthopaedics')),
  valid_until TEXT NOT NULL,                -- last day on which a visit may take place on it
  UNIQUE (patient_id, specialty)
) STRICT;

CREATE TABLE appointments (
  appointment_id TEXT PRIMARY KEY,
  patient_id TEXT NOT NULL REFERENCES patients,
  slot_id TEXT NOT NULL REFERENCES slots,
  status TEXT NOT NULL CHECK (status IN ('booked', 'cancelled', 'completed', 'missed')),
  moves INTEGER NOT NULL CHECK (moves >= 0),
  pay_by TEXT CHECK (pay_by IN ('insurance', 'self')),    -- specialist visits only
  referral_id TEXT REFERENCES referrals,                  -- specialist visits only
  guardian_id TEXT REFERENCES contacts (contact_id),      -- who asked for a minor's visit
  note TEXT
) STRICT;
CREATE UNIQUE INDEX one_booking_per_slot ON appointments (slot_id) WHERE status = 'booked';
CREATE INDEX appointments_by_patient ON appointments (patient_id);

CREATE TABLE covers (
  cover_id TEXT PRIMARY KEY,
  patient_id TEXT NOT NULL UNIQUE REFERENCES patients,
  insurer TEXT NOT NULL,
  member_code TEXT NOT NULL,
  valid_until TEXT NOT NULL                 -- last day that the insurer pays for
) STRICT;

-- The card in a patient's wallet. The desk cannot see it; the caller reads it out.
CREATE TABLE cards (
  card_id TEXT PRIMARY KEY,
  patient_id TEXT NOT NULL UNIQUE REFERENCES patients,
  insurer TEXT NOT NULL,
  member_code TEXT NOT NULL,
  valid_until TEXT NOT NULL,
  held INTEGER NOT NULL CHECK (held IN (0, 1))            -- 1: it lies in front of the caller
) STRICT;

CREATE TABLE prescriptions (
  prescription_id TEXT PRIMARY KEY,
  patient_id TEXT NOT NULL REFERENCES patients,
  medicine TEXT NOT NULL,
  class TEXT NOT NULL CHECK (class IN ('ordinary', 'controlled')),
  days_supply INTEGER NOT NULL CHECK (days_supply > 0),   -- days that one fill lasts
  last_filled_on TEXT NOT NULL,
  refills_left INTEGER NOT NULL CHECK (refills_left >= 0),
  note TEXT
) STRICT;
CREATE INDEX prescriptions_by_patient ON prescriptions (patient_id);

CREATE TABLE invoices (
  invoice_id TEXT PRIMARY KEY,
  patient_id TEXT NOT NULL REFERENCES patients,
  kind TEXT NOT NULL CHECK (kind IN ('consultation', 'laboratory', 'late cancellation')),
  amount INTEGER NOT NULL CHECK (amount > 0),
  due_on TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('open', 'paid', 'waived')),
  instalments INTEGER NOT NULL CHECK (instalments BETWEEN 1 AND 12),
  note TEXT
) STRICT;
CREATE INDEX invoices_by_patient ON invoices (patient_id);

-- Card payments taken at the desk. The back office allots them to invoices overnight.
CREATE TABLE payments (
  payment_id TEXT PRIMARY KEY,
  patient_id TEXT NOT NULL REFERENCES patients,
  amount INTEGER NOT NULL CHECK (amount > 0),
  taken_at TEXT NOT NULL
) STRICT;

CREATE TABLE results (
  result_id TEXT PRIMARY KEY,
  patient_id TEXT NOT NULL REFERENCES patients,
  test TEXT NOT NULL,
  taken_on TEXT NOT NULL,
  sent_to TEXT REFERENCES contacts (contact_id)           -- NULL: not sent to a contact
) STRICT;
CREATE INDEX results_by_patient ON results (patient_id);

CREATE TABLE handovers (
  handover_id TEXT PRIMARY KEY,
  patient_id TEXT NOT NULL REFERENCES patients,
  topic TEXT NOT NULL CHECK (topic IN ('renewal', 'billing', 'clinical', 'complaint', 'outage')),
  note TEXT,
  opened_at TEXT NOT NULL
) STRICT;
