"""Structural motifs: what can happen to things in a domain. Each adds tables, ways to look and ways to act.

A motif hangs on an *anchor*, a person or a thing of another motif, so the same motifs compose to different domains.
"""

from __future__ import annotations

from collections.abc import Callable

from agentgym.synthesis.domain.build import Builder, Column, Entity, a, name_of

__all__ = ["MOTIFS", "Motif"]

Motif = Callable[[Builder, Entity], Entity]


def lifecycle(b: Builder, of: Entity) -> Entity:
    """Something that is open, and is withdrawn or put off."""
    status = b.state("open", "postponed", "done", "withdrawn")
    noun = b.noun("request")
    it = b.entity(
        noun,
        [b.title(noun, "subject"), b.attribute("request", "date"), status, b.attribute("request", "enum", "number")],
        of=of,
    )
    b.shows(it, of)
    name = name_of(it)
    is_open = b.guard(it, "status = 'open'", f"{it.noun} {{{it.key}}} is not open")
    b.sets(
        f"withdraw_{name}", f"Withdraw an open {it.noun}.", it, "status = 'withdrawn'", [it.named, "status"], [is_open]
    )
    if b.chance.chance(0.5):
        b.sets(f"postpone_{name}", f"Postpone an open {it.noun}.", it, "status = 'postponed'", [it.named, "status"],
               [is_open])  # fmt: skip
    return it


def capacity(b: Builder, of: Entity) -> Entity:
    """Places in sessions with a limited number of them, taken and given back."""
    noun = b.noun("session")
    free = b.number("free_places", 3, 12, "number of free places")
    session = b.entity(noun, [b.title(noun), b.day("held_on", 2, 30, "event date"), free,
                              b.attribute("session", "enum")], rows=14)  # fmt: skip
    noun = b.noun("place")
    it = b.entity(noun, [b.state("booked", "requested", "cancelled"), b.attribute("place", "number", "money")], of=of,
                  to={session.key: session})  # fmt: skip
    b.looks_up(session, session.columns[0], [c.name for c in session.columns])
    extra = it.columns[1].name
    b.tools.append({
        "name": f"list_{it.table}",
        "description": f"The {session.table.replace('_', ' ')} that {a(of.noun)} has booked.",
        "parameters": {of.key: b.parameter(of)}, "require": [b.there(of)],
        "returns": f"SELECT p.{it.key}, s.{session.named}, s.held_on, p.status, p.{extra} FROM {it.table} p "
        f"JOIN {session.table} s ON s.{session.key} = p.{session.key} WHERE p.{of.key} = :{of.key} ORDER BY p.{it.key}",
        "shape": "many",
    })  # fmt: skip
    b.writes(f"cancel_{name_of(it)}", f"Give back a booked place in {a(session.noun)}.", it,
             [f"UPDATE {it.table} SET status = 'cancelled' WHERE {it.key} = :{it.key}",
              (f"UPDATE {session.table} SET free_places = free_places + 1 WHERE {session.key} = "
              f"(SELECT {session.key} FROM {it.table} WHERE {it.key} = :{it.key})")],
             ["status"], [b.guard(it, "status = 'booked'", f"{it.noun} {{{it.key}}} is not booked")])  # fmt: skip
    b.writes(f"book_{name_of(session)}", f"Book a place in {a(session.noun)}.", it,
             [(f"INSERT INTO {it.table} ({it.key}, {of.key}, {session.key}, status, {extra}) "
              f"VALUES (new_id('{it.prefix}'), :{of.key}, :{session.key}, 'booked', 0)"),
              f"UPDATE {session.table} SET free_places = free_places - 1 WHERE {session.key} = :{session.key}"],
             ["status"], [b.guard(session, "free_places > 0", f"{session.noun} {{{session.key}}} is full")],
             others=[of, session], new=True)  # fmt: skip
    return it


def inventory(b: Builder, of: Entity) -> Entity:
    """Articles in stock, and orders that take from it."""
    noun = b.noun("article")
    article = b.entity(noun, [b.title(noun), b.number("stock", 2, 40, "number in stock"),
                              b.number("price", 200, 9000, "price", "money", 50), b.attribute("article", "enum")],
                       rows=16)  # fmt: skip
    quantity = b.number("quantity", 1, 4, "quantity")
    noun = b.noun("order")
    it = b.entity(noun, [b.state("open", "packed", "sent"), quantity, b.day("ordered_on", -40, 0, "order date")], of=of,
                  to={article.key: article})  # fmt: skip
    b.looks_up(article, article.columns[0], [c.name for c in article.columns])
    b.shows(it, of)
    back = f"SELECT {article.key} FROM {it.table} WHERE {it.key} = :{it.key}"
    pieces = f"SELECT quantity FROM {it.table} WHERE {it.key} = :{it.key}"
    more_in_stock = f"UPDATE {article.table} SET stock = stock + ({pieces}) WHERE {article.key} = ({back})"
    b.deletes(f"stop_{name_of(it)}", f"Stop an open {it.noun} and put its pieces back into stock.", it,
              [b.guard(it, "status = 'open'", f"{it.noun} {{{it.key}}} is not open")],
              [more_in_stock])  # fmt: skip
    pieces = {"quantity": {"type": "integer", "minimum": 1, "maximum": 4, "description": "How many pieces."}}
    b.writes(f"place_{name_of(it)}", f"Place {a(it.noun)} for one kind of {article.noun}.", it,
             [(f"INSERT INTO {it.table} ({it.key}, {of.key}, {article.key}, status, quantity, ordered_on) "
              f"VALUES (new_id('{it.prefix}'), :{of.key}, :{article.key}, 'open', :quantity, today())"),
              f"UPDATE {article.table} SET stock = stock - :quantity WHERE {article.key} = :{article.key}"],
             ["status", "quantity"],
             [b.guard(article, "stock >= :quantity", f"{article.noun} {{{article.key}}}: not that many are in stock")],
             pieces, [of, article], new=True)  # fmt: skip
    return it


def ledger(b: Builder, of: Entity) -> Entity:
    """Money in an account, paid in and out within its balance."""
    noun = b.noun("account")
    it = b.entity(noun, [b.title(noun), b.number("balance", 2000, 90000, "balance", "money", 50),
                         b.attribute("account", "enum"), b.attribute("account", "date", "number")],
                  of=of, each=(1, 2))  # fmt: skip
    b.shows(it, of)
    name = name_of(it)
    amount = {"amount": {"type": "integer", "semantic": "money", "minimum": 100, "maximum": 2000,
                         "description": "Amount in cents."}}  # fmt: skip
    b.labels["amount"] = "amount"
    b.sets(f"pay_out_{name}", f"Pay money out of {a(it.noun)}.", it, "balance = balance - :amount",
           [it.named, "balance"],
           [b.guard(it, "balance >= :amount", f"the balance of {it.noun} {{{it.key}}} is too low")],
           amount)  # fmt: skip
    if b.chance.chance(0.6):
        b.sets(f"pay_into_{name}", f"Pay money into {a(it.noun)}.", it, "balance = balance + :amount",
               [it.named, "balance"], [], amount)  # fmt: skip
    return it


def approval(b: Builder, of: Entity) -> Entity:
    """Something asked for that is pending until somebody grants it."""
    noun = b.noun("application")
    it = b.entity(noun, [b.title(noun, "subject"), b.number("sum", 5000, 80000, "requested sum", "money", 500),
                         b.attribute("application", "date"), b.state("pending", "granted", "declined"),
                         b.attribute("application", "enum", "number")], of=of)  # fmt: skip
    b.shows(it, of)
    pending = b.guard(it, "status = 'pending'", f"{it.noun} {{{it.key}}} is not pending")
    b.sets(
        f"grant_{name_of(it)}", f"Grant a pending {it.noun}.", it, "status = 'granted'", [it.named, "status"], [pending]
    )
    b.sets(f"reduce_{name_of(it)}", f"Halve the requested sum of a pending {it.noun}.", it, "sum = sum / 2",
           [it.named, "sum"], [pending])  # fmt: skip
    return it


def hierarchy(b: Builder, of: Entity) -> Entity:
    """Units that things belong to; a thing is taken out."""
    noun = b.noun("unit")
    unit = b.entity(noun, [b.title(noun), b.attribute("unit", "number"), b.attribute("unit", "enum")], rows=7)
    noun = b.noun("holding")
    it = b.entity(noun, [b.title(noun), b.attribute("holding", "date"), b.attribute("holding", "enum", "money")], of=of,
                  to={unit.key: unit})  # fmt: skip
    b.lists(it, of, [column.name for column in it.columns] + [unit.key])
    b.gets(unit, [column.name for column in unit.columns])
    b.looks_up(unit, unit.columns[0], [unit.named])
    b.deletes(f"drop_{name_of(it)}", f"Take {a(it.noun)} out of its {unit.noun} for good.", it)
    return it


def messages(b: Builder, of: Entity) -> Entity:
    """What was written to somebody, to be archived."""
    noun = b.noun("message")
    it = b.entity(noun, [b.title(noun, "subject"), b.day("written_on", -40, -1, "date of writing"),
                         b.state("unread", "read", "archived"), b.attribute("message", "enum")], of=of)  # fmt: skip
    b.shows(it, of)
    b.sets(f"archive_{name_of(it)}", f"Put {a(it.noun)} into the archive.", it, "status = 'archived'",
           [it.named, "status"],
           [b.guard(it, "status <> 'archived'", f"{it.noun} {{{it.key}}} is already archived")])  # fmt: skip
    return it


def renewal(b: Builder, of: Entity) -> Entity:
    """Something that runs out, and is renewed for a year or given up."""
    noun = b.noun("licence")
    it = b.entity(noun, [b.title(noun), b.day("runs_until", -20, 80, "expiry date"), b.attribute("licence", "enum"),
                         b.attribute("licence", "money", "number")], of=of, each=(1, 2))  # fmt: skip
    b.shows(it, of)
    b.sets(f"renew_{name_of(it)}", f"Renew {a(it.noun)} for a year.", it, "runs_until = shift_days(runs_until, 365)",
           [it.named, "runs_until"], [])  # fmt: skip
    if b.chance.chance(0.5):
        b.sets(f"end_{name_of(it)}", f"End {a(it.noun)} with the end of today.", it, "runs_until = today()",
               [it.named, "runs_until"],
               [b.guard(it, "runs_until > today()", f"{it.noun} {{{it.key}}} has ended")])  # fmt: skip
    return it


def lending(b: Builder, of: Entity) -> Entity:
    """Things that are out until a day, brought back or kept longer."""
    noun = b.noun("item")
    item = b.entity(noun, [b.title(noun), b.attribute("item", "enum"), b.attribute("item", "money", "number")], rows=40)
    noun = b.noun("loan")
    it = b.entity(noun, [b.day("due_on", -8, 20, "return date"), b.number("extensions", 0, 3, "number of extensions")],
                  of=of,
                  to={item.key: item})  # fmt: skip
    shown = item.columns[1].name
    b.tools.append({
        "name": f"list_{it.table}", "description": f"What {a(of.noun)} has out.",
        "parameters": {of.key: b.parameter(of)}, "require": [b.there(of)],
        "returns": f"SELECT l.{it.key}, l.{item.key}, i.{item.named}, i.{shown}, l.due_on, l.extensions "
        f"FROM {it.table} l JOIN {item.table} i ON i.{item.key} = l.{item.key} "
        f"WHERE l.{of.key} = :{of.key} ORDER BY l.{it.key}",
        "shape": "many",
    })  # fmt: skip
    b.gets(item, [column.name for column in item.columns])
    b.sets(f"extend_{name_of(it)}", f"Extend {a(it.noun)} by a week.", it,
           "due_on = shift_days(due_on, 7), extensions = extensions + 1", ["due_on", "extensions"], [])  # fmt: skip
    b.deletes(f"take_back_{name_of(it)}", f"Record that {a(it.noun)} was returned.", it)
    return it


def waitlist(b: Builder, of: Entity) -> Entity:
    """Places in a queue, left or moved up."""
    noun = b.noun("waiting")
    it = b.entity(
        noun,
        [
            b.title(noun),
            b.number("place", 1, 9, "place in the queue"),
            b.day("joined_on", -50, -1, "entry date"),
            b.attribute("waiting", "enum"),
        ],
        of=of,
        each=(1, 2),
    )
    b.shows(it, of)
    b.deletes(f"leave_{name_of(it)}", f"Strike {a(it.noun)} from the queue.", it)
    b.sets(f"advance_{name_of(it)}", f"Move {a(it.noun)} up by one place.", it, "place = place - 1",
           [it.named, "place"], [b.guard(it, "place > 1", f"{it.noun} {{{it.key}}} is already the first")])  # fmt: skip
    return it


def quota(b: Builder, of: Entity) -> Entity:
    """So many units a period, of which some are used."""
    noun = b.noun("allowance")
    it = b.entity(
        noun,
        [
            b.title(noun),
            b.number("units", 10, 20, "total number of units"),
            b.number("used", 0, 9, "number of units used"),
            b.attribute("allowance", "date", "enum"),
        ],
        of=of,
        each=(1, 2),
    )
    b.shows(it, of)
    units = {"count": {"type": "integer", "minimum": 1, "maximum": 3, "description": "How many units."}}
    b.labels["count"] = "number of units"
    b.sets(f"use_{name_of(it)}", f"Take units from {a(it.noun)}.", it, "used = used + :count", [it.named, "used"],
           [b.guard(it, "units - used >= :count", f"{it.noun} {{{it.key}}} does not have that many units left")],
           units)  # fmt: skip
    return it


def incidents(b: Builder, of: Entity) -> Entity:
    """What went wrong with something, to be settled or made more urgent."""
    noun = b.noun("incident")
    it = b.entity(
        noun,
        [
            b.title(noun, "subject"),
            b.day("reported_on", -30, -1, "report date"),
            b.state("open", "settled"),
            b.number("severity", 1, 5, "severity"),
            b.attribute("incident", "enum"),
        ],
        of=of,
    )
    b.shows(it, of)
    is_open = b.guard(it, "status = 'open'", f"{it.noun} {{{it.key}}} is settled")
    b.sets(
        f"settle_{name_of(it)}", f"Settle an open {it.noun}.", it, "status = 'settled'", [it.named, "status"], [is_open]
    )
    b.sets(f"escalate_{name_of(it)}", f"Raise the severity of an open {it.noun} by one.", it, "severity = severity + 1",
           [it.named, "severity"], [is_open])  # fmt: skip
    return it


def delegation(b: Builder, of: Entity) -> Entity:
    """People who may act for somebody, in a role."""
    roles = ("full", "limited", "emergency")
    listed = ", ".join(f"'{role}'" for role in roles)
    b.labels["role"] = "role"
    role = Column("role", f"TEXT NOT NULL CHECK (role IN ({listed}))", {"choice": list(roles)}, "enum", "role")
    noun = b.noun("contact")
    it = b.entity(
        noun, [b.title(noun, template="{first_names} {last_names}"), role, b.attribute("contact", "date")], of=of
    )
    b.shows(it, of)
    b.deletes(f"remove_{name_of(it)}", f"Strike {a(it.noun)} from the file.", it)
    b.sets(f"restrict_{name_of(it)}", f"Limit the role of {a(it.noun)}.", it, "role = 'limited'",
           [it.named, "role"],
           [b.guard(it, "role <> 'limited'", f"{it.noun} {{{it.key}}} already has a limited role")])  # fmt: skip
    return it


def billing(b: Builder, of: Entity) -> Entity:
    """What is owed, paid, waived or put off."""
    noun = b.noun("fee")
    it = b.entity(
        noun,
        [
            b.number("amount", 500, 40000, "amount", "money", 50),
            b.day("payable_on", -30, 30, "payment deadline"),
            b.state("open", "paid", "waived"),
            b.attribute("fee", "enum"),
        ],
        of=of,
    )
    b.shows(it, of)
    is_open = b.guard(it, "status = 'open'", f"{it.noun} {{{it.key}}} is not open")
    b.sets(
        f"waive_{name_of(it)}", f"Waive an open {it.noun}.", it, "status = 'waived'", ["amount", "status"], [is_open]
    )
    b.sets(f"defer_{name_of(it)}", f"Put off the payment of an open {it.noun} by thirty days.", it,
           "payable_on = shift_days(payable_on, 30)", ["amount", "payable_on"], [is_open])  # fmt: skip
    return it


def rota(b: Builder, of: Entity) -> Entity:
    """Turns on certain days, handed back or swapped for the next week."""
    noun = b.noun("shift")
    it = b.entity(noun, [b.title(noun), b.day("turn_on", 1, 25, "working day"), b.state("assigned", "free"),
                         b.attribute("shift", "number", "enum")], of=of)  # fmt: skip
    b.shows(it, of)
    assigned = b.guard(it, "status = 'assigned'", f"{it.noun} {{{it.key}}} is free")
    b.sets(f"give_back_{name_of(it)}", f"Hand back an assigned {it.noun}.", it, "status = 'free'",
           [it.named, "status"], [assigned])  # fmt: skip
    b.sets(f"delay_{name_of(it)}", f"Postpone an assigned {it.noun} by a week.", it,
           "turn_on = shift_days(turn_on, 7)", [it.named, "turn_on"], [assigned])  # fmt: skip
    return it


def inspections(b: Builder, of: Entity) -> Entity:
    """Checks of something on a day, to be called off."""
    noun = b.noun("check")
    it = b.entity(noun, [b.day("planned_on", 1, 40, "planned day"), b.state("planned", "confirmed", "on hold"),
                         b.attribute("check", "enum"), b.attribute("check", "number", "money")], of=of)  # fmt: skip
    b.shows(it, of)
    b.deletes(f"call_off_{name_of(it)}", f"Call off a planned {it.noun}.", it,
              [b.guard(it, "status = 'planned'", f"{it.noun} {{{it.key}}} is not planned")])  # fmt: skip
    return it


def release(b: Builder, of: Entity) -> Entity:
    """Things that open by themselves at a moment of today or tomorrow, and are claimed from then on."""
    noun = b.noun("release")
    state = b.state("reserved", "returned", later="claimed")  # it may not have opened yet
    it = b.entity(noun, [b.title(noun), b.moment("opens_at", 0, 1, "opening time"), state,
                         b.attribute("release", "enum", "number", "money")], of=of)  # fmt: skip
    b.common.append("wait")
    b.shows(it, of)
    reserved = b.guard(it, "status = 'reserved'", f"{it.noun} {{{it.key}}} is no longer reserved")
    b.sets(f"claim_{name_of(it)}", f"Claim a reserved {it.noun}. That works from its opening time on.", it,
           "status = 'claimed'", [it.named], [reserved, b.opened(it, "opens_at")])  # fmt: skip
    b.sets(f"return_{name_of(it)}", f"Give back a reserved {it.noun}.", it, "status = 'returned'",
           [it.named, "status"], [reserved])  # fmt: skip
    return it


MOTIFS: dict[str, Motif] = {
    motif.__name__: motif
    for motif in (
        lifecycle, capacity, inventory, ledger, approval, hierarchy, messages, renewal, lending, waitlist, quota,
        incidents, delegation, billing, rota, inspections, release,
    )
}  # fmt: skip
"""Name -> motif."""
