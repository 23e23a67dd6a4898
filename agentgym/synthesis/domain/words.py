"""The words that made-up domains are told in. What a domain *is* does not hang on them: motifs decide that."""

from __future__ import annotations

__all__ = ["ATTRIBUTES", "FIRST", "LAST", "NOUNS", "PLACES", "THEMES", "TITLES", "Attribute"]

from typing import Any

Attribute = tuple[str, str, Any, str]
"""Name, semantic type, what values are drawn from, and how one calls it."""

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
    ("a tram company's office", "passenger"), ("a tree nursery", "grower"), ("a waterworks office", "household"),
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
    "holding": ("locker", "vehicle", "instrument", "garden bed", "machine", "mooring"),
    "request": ("request", "complaint", "inquiry", "work order", "claim"),
    "session": ("class", "workshop", "tour", "screening", "excursion", "rehearsal"),
    "place": ("booking", "registration", "reservation", "enrolment"),
    "article": ("article", "spare part", "seed packet", "material", "kit"),
    "order": ("order", "purchase", "delivery"),
    "account": ("wallet", "deposit account", "prepaid card", "credit line"),
    "application": ("application", "grant request", "petition", "proposal"),
    "unit": ("department", "section", "crew", "district"),
    "message": ("message", "notice", "letter"),
    "licence": ("licence", "subscription", "permit", "pass"),
    "item": ("tool", "book", "costume", "bicycle", "film"),
    "loan": ("loan", "rental", "checkout"),
    "waiting": ("waiting entry", "queue ticket"),
    "allowance": ("allowance", "voucher", "quota"),
    "incident": ("incident", "defect", "damage report"),
    "contact": ("contact", "delegate", "proxy"),
    "check": ("inspection", "appraisal", "test drive"),
    "fee": ("invoice", "charge", "fine"),
    "shift": ("shift", "duty", "turn"),
    "release": ("presale ticket", "festival seat", "trial slot", "sample box"),
}  # fmt: skip
"""What the thing of a motif may be called."""

ATTRIBUTES: tuple[Attribute, ...] = (
    ("category", "enum", ("standard", "extended", "special"), "category"),
    ("zone", "enum", ("north", "south", "harbour"), "zone"),
    ("channel", "enum", ("desk", "web", "post"), "channel"),
    ("condition", "enum", ("new", "good", "worn"), "condition"),
    ("size", "enum", ("small", "medium", "large"), "size"),
    ("priority", "enum", ("low", "normal", "high"), "priority"),
    ("season", "enum", ("spring", "summer", "autumn", "winter"), "season"),
    ("origin", "enum", ("own", "partner"), "origin"),
    ("colour", "enum", ("red", "green", "blue", "white"), "colour"),
    ("insurance", "enum", ("none", "basic", "full"), "insurance"),
    ("access", "enum", ("day", "evening", "always"), "access"),
    ("changes", "number", (0, 4), "changes so far"),
    ("floor", "number", (0, 6), "floor"),
    ("weight", "number", (2, 60), "weight in kilograms"),
    ("distance", "number", (1, 90), "distance in kilometres"),
    ("points", "number", (0, 400), "points"),
    ("guests", "number", (0, 12), "guests"),
    ("rating", "number", (1, 10), "rating"),
    ("pages", "number", (2, 120), "pages"),
    ("hours", "number", (1, 48), "hours"),
    ("value", "money", (20, 900), "declared value"),
    ("deposit", "money", (5, 200), "deposit"),
    ("rate", "money", (3, 80), "rate"),
    ("surcharge", "money", (1, 40), "surcharge"),
    ("opened_on", "date", (-90, -1), "opening day"),
    ("checked_on", "date", (-120, -2), "day of the last check"),
    ("review_on", "date", (-20, 70), "day of the next review"),
    ("signed_on", "date", (-60, -1), "day of the signature"),
    ("expires_on", "date", (-15, 90), "last valid day"),
)  # fmt: skip
