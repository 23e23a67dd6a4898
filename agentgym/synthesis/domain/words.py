"""The words that made-up domains are told in. What a domain *is* does not hang on them: motifs decide that."""

from __future__ import annotations

from typing import Any

__all__ = ["ATTRIBUTES", "CLASSES", "FIRST", "LAST", "NOUNS", "PLACES", "THEMES", "TITLES", "Attribute"]

Attribute = tuple[str, str, Any, str]
"""Name, semantic type, what values are drawn from, and how one calls it: "the thing's ... is ..." is a sentence. No
table has such a name."""

THEMES = (
    ("an allotment society", "plot holder"), ("a boat harbour", "skipper"), ("a community theatre", "subscriber"),
    ("a climbing hall", "climber"), ("a coworking house", "tenant"), ("a dog school", "keeper"),
    ("a driving school", "learner"), ("an evening college", "student"), ("a film club", "member"),
    ("a food cooperative", "co-op member"), ("a furniture workshop", "client"), ("a glass studio", "guest"),
    ("a language institute", "learner"), ("a locksmith's office", "client"), ("a makers' hall", "maker"),
    ("a mountain refuge", "hiker"), ("a museum's office", "patron"), ("a music school", "pupil"),
    ("a parcel depot", "recipient"), ("a repair café", "visitor"), ("a riding stable", "rider"),
    ("a self-storage house", "renter"), ("a ski hire", "guest"), ("a solar cooperative", "shareholder"),
    ("a swimming bath", "swimmer"), ("a tool library", "borrower"), ("a town archive", "reader"),
    ("a tram company's office", "passenger"), ("a tree nursery", "grower"), ("a waterworks office", "customer"),
)  # fmt: skip
"""Where it is, and who calls."""

FIRST = (
    "Adela", "Aldo", "Amira", "Anselm", "Beata", "Benno", "Briony", "Caspar", "Celia", "Damir", "Delia", "Edvin",
    "Elif",
    "Emeric", "Farah", "Florin", "Gemma", "Gideon", "Halina", "Henrik", "Idris", "Ilse", "Jarek", "Jolanta", "Kasimir",
    "Keira", "Leopold", "Linnea", "Magnus", "Marisol", "Milos", "Nadja", "Nestor", "Odile", "Orson", "Paloma", "Piotr",
    "Ramona", "Roland", "Sabine", "Silvan", "Tamsin", "Thaddeus", "Ulrika", "Valentin", "Wanda", "Yannick", "Zelda",
)  # fmt: skip
LAST = (
    "Ackland", "Bergqvist", "Birnbaum", "Castellan", "Crowther", "Dahlberg", "Delacroix", "Eastwick", "Ferrante",
    "Fairweather", "Galloway", "Grunewald", "Hawthorn", "Holmberg", "Ivarsson", "Jankowski", "Kellerman", "Kingsley",
    "Lindqvist", "Lombardi", "Marchetti", "Middleton", "Nakagawa", "Norgaard", "Oakeshott", "Pemberton", "Petrescu",
    "Quillfeather", "Rademaker", "Rosenthal", "Sandoval", "Stirling", "Thornbury", "Trevelyan", "Underhill",
    "Vandermeer",
    "Wetherby", "Whitlock", "Yarborough", "Zimmerling",
)  # fmt: skip
PLACES = ("Ashcombe", "Brackwater", "Calder Hill", "Dunmere", "Elmstead", "Fernley", "Greywell", "Hollin Bay")
TITLES = (
    ("Amber", "Bright", "Cobalt", "Dusty", "Early", "Fallow", "Golden", "Hidden", "Inner", "Jolly", "Keen", "Lasting",
     "Mellow", "Northern", "Open", "Patient", "Quiet", "Rustic", "Silver", "Twin", "Upper", "Velvet", "Winding",
     "Young"),
    ("Arch", "Beacon", "Cedar", "Delta", "Ember", "Falcon", "Grove", "Harvest", "Islet", "Juniper", "Kettle", "Lantern",
     "Meadow", "Nettle", "Orchard", "Pebble", "Quarry", "Reed", "Summit", "Thistle", "Umber", "Valley", "Willow",
     "Yarrow"),
)  # fmt: skip

NOUNS: dict[str, tuple[str, ...]] = {
    "holding": ("locker", "vehicle", "instrument", "machine", "trailer", "cabinet"),
    "request": ("report", "complaint", "inquiry", "work order", "claim"),
    "session": ("class", "workshop", "tour", "screening", "excursion", "rehearsal"),
    "place": ("booking", "registration", "reservation", "enrolment"),
    "article": ("article", "spare part", "seed packet", "cable", "kit"),
    "order": ("order", "purchase order", "bulk order"),
    "account": ("wallet", "deposit account", "prepaid card", "credit line"),
    "application": ("application", "bursary application", "petition", "proposal"),
    "unit": ("department", "section", "branch", "depot"),
    "message": ("message", "notice", "letter"),
    "licence": ("licence", "subscription", "permit", "pass"),
    "item": ("tool", "book", "costume", "bicycle", "camera"),
    "loan": ("loan", "rental", "checkout"),
    "waiting": ("waiting entry", "queue ticket"),
    "allowance": ("allowance", "voucher", "quota"),
    "incident": ("incident", "defect", "damage report"),
    "contact": ("deputy", "delegate", "proxy"),
    "check": ("inspection", "appraisal", "test drive"),
    "fee": ("invoice", "charge", "fine"),
    "shift": ("shift", "duty", "turn"),
    "release": ("presale ticket", "festival seat", "trial slot", "guest pass"),
}  # fmt: skip
"""What the thing of a motif may be called."""

CLASSES: dict[str, tuple[str, ...]] = {
    "person": ("person",), "contact": ("mandate",),
    "holding": ("thing",), "item": ("thing",), "article": ("thing", "ware"),
    "session": ("event",), "check": ("event",), "shift": ("event",),
    "request": ("case",), "application": ("case",), "incident": ("case",), "message": ("mail",),
    "place": ("contract",), "licence": ("contract",), "release": ("contract",), "waiting": ("case",),
    "account": ("money",), "allowance": ("money",), "fee": ("money",),
    "unit": ("site",),
}  # fmt: skip
"""Of what classes the thing of a motif is: its attributes are theirs."""

ATTRIBUTES: dict[str, tuple[Attribute, ...]] = {
    "person": (
        ("membership", "enum", ("basic", "standard", "premium"), "membership level"),
        ("experience", "enum", ("beginner", "intermediate", "advanced"), "experience level"),
        ("newsletter", "enum", ("never", "monthly", "weekly"), "newsletter frequency"),
        ("verification", "enum", ("missing", "pending", "complete"), "verification"),
        ("point_count", "number", (0, 400), "number of loyalty points"),
        ("visit_count", "number", (0, 40), "number of visits"),
        ("household_size", "number", (1, 7), "household size"),
        ("joined_club_on", "date", (-900, -30), "joining date"),
        ("last_visit_on", "date", (-90, -1), "last visit"),
        ("card_valid_until", "date", (-15, 90), "card expiry date"),
    ),
    "mandate": (
        ("appointed_on", "date", (-300, -5), "date of appointment"),
        ("confirmed_on", "date", (-60, -1), "date of confirmation"),
        ("authorised_until", "date", (-15, 90), "last authorised day"),
    ),
    "thing": (
        ("condition", "enum", ("new", "good", "worn"), "condition"),
        ("size", "enum", ("small", "medium", "large"), "size"),
        ("colour", "enum", ("red", "green", "blue", "white"), "colour"),
        ("insurance", "enum", ("basic", "partial", "full"), "insurance cover"),
        ("owner", "enum", ("house", "partner", "donor"), "owner"),
        ("weight", "number", (1, 25), "weight in kilograms"),
        ("age", "number", (1, 12), "age in years"),
        ("repair_count", "number", (0, 6), "number of repairs"),
        ("declared_value", "money", (20, 900), "declared value"),
        ("security", "money", (5, 200), "security deposit"),
        ("replacement_cost", "money", (30, 600), "replacement cost"),
        ("bought_on", "date", (-900, -30), "date of purchase"),
        ("serviced_on", "date", (-120, -2), "last service"),
        ("next_service_on", "date", (1, 90), "next service"),
        ("warranty_until", "date", (-60, 200), "last day of warranty"),
    ),
    "ware": (
        ("packaging", "enum", ("box", "bag", "loose"), "packaging"),
        ("season", "enum", ("spring", "summer", "autumn", "winter"), "season"),
        ("quality", "enum", ("basic", "standard", "premium"), "quality"),
    ),
    "event": (
        ("venue", "enum", ("main hall", "studio", "courtyard"), "venue"),
        ("daytime", "enum", ("morning", "afternoon", "evening"), "time of day"),
        ("difficulty", "enum", ("easy", "moderate", "demanding"), "difficulty"),
        ("language", "enum", ("English", "French", "German"), "language"),
        ("duration", "number", (1, 8), "duration in hours"),
        ("staff_needed", "number", (1, 6), "number of staff"),
        ("travel_distance", "number", (1, 90), "distance in kilometres"),
        ("cost", "money", (5, 150), "cost"),
        ("travel_cost", "money", (2, 60), "travel cost"),
    ),
    "case": (
        ("priority", "enum", ("low", "normal", "high"), "priority"),
        ("channel", "enum", ("desk", "web", "post"), "channel"),
        ("category", "enum", ("standard", "extended", "special"), "category"),
        ("team", "enum", ("front office", "back office", "field team"), "team in charge"),
        ("page_count", "number", (1, 30), "number of pages"),
        ("attachment_count", "number", (0, 9), "number of attachments"),
        ("reminder_count", "number", (0, 4), "number of reminders"),
        ("filed_on", "date", (-60, -1), "filing date"),
        ("signed_on", "date", (-90, -1), "date of signature"),
        ("reviewed_on", "date", (-40, 0), "last review"),
    ),
    "mail": (
        ("importance", "enum", ("low", "normal", "high"), "importance"),
        ("topic", "enum", ("payment", "opening hours", "safety"), "topic"),
        ("sender", "enum", ("office", "board", "treasurer"), "sender"),
        ("delivery", "enum", ("e-mail", "post", "courier"), "way of delivery"),
    ),
    "contract": (
        ("tariff", "enum", ("reduced", "regular", "premium"), "tariff"),
        ("access", "enum", ("daytime", "evening", "unlimited"), "access"),
        ("payment", "enum", ("card", "transfer", "cash"), "way of payment"),
        ("origin", "enum", ("desk", "web", "partner"), "origin"),
        ("guest_count", "number", (0, 6), "number of guests"),
        ("change_count", "number", (0, 4), "number of changes"),
        ("reminder_total", "number", (0, 5), "number of reminders sent"),
        ("deposit", "money", (5, 200), "deposit"),
        ("surcharge", "money", (1, 40), "surcharge"),
        ("discount", "money", (1, 30), "discount"),
    ),
    "money": (
        ("kind", "enum", ("regular", "seasonal", "special"), "kind"),
        ("statement", "enum", ("monthly", "quarterly", "yearly"), "statement frequency"),
        ("office", "enum", ("main office", "branch office", "online office"), "office in charge"),
        ("correction_count", "number", (0, 6), "number of corrections"),
        ("use_count", "number", (0, 40), "number of past uses"),
        ("issued_on", "date", (-90, -1), "date of issue"),
        ("statement_on", "date", (-120, -2), "last statement"),
        ("valid_until", "date", (1, 90), "last valid day"),
    ),
    "site": (
        ("zone", "enum", ("north", "south", "harbour"), "zone"),
        ("building", "enum", ("main house", "annex", "tower"), "building"),
        ("opening_days", "enum", ("weekdays only", "weekends only", "all week"), "opening schedule"),
        ("floor", "number", (0, 6), "floor"),
        ("room_count", "number", (1, 15), "number of rooms"),
        ("headcount", "number", (2, 30), "headcount"),
    ),
}  # fmt: skip
"""Class -> what things of it have."""
