"""What holds for all instances together: so many at a time, and who is to be left alone. Cold, through SQLAlchemy."""

from datetime import datetime

from sqlalchemy import Connection, case, select, update
from sqlalchemy.dialects.postgresql import insert as upsert  # SQLite takes it as well

from service.ports import Turns
from store import schema as s
from store.instants import read_instant, write_instant


def take_turns(
    on: Connection, entity_id: str, scope: str, owner: str, wanted: int, most: int, now: datetime, until: datetime
) -> Turns:
    c, at = s.turns.c, write_instant(now)
    of_scope = (c.entity_id == entity_id, c.scope == scope)
    # One after the other: whoever comes second waits here until the first has taken theirs.
    places = select(c.place, c.owner, c.until, c.rung).where(*of_scope, c.place < most).order_by(c.place)
    found = on.execute(places.with_for_update()).all()
    if len(found) < most:
        row = {"entity_id": entity_id, "scope": scope, "owner": "", "until": "", "rung": False}
        rows = [{**row, "place": n} for n in range(most)]
        on.execute(upsert(s.turns).values(rows).on_conflict_do_nothing())
        found = on.execute(places.with_for_update()).all()
    mine = [r for r in found if r.owner == owner and r.until > at]
    free = [r for r in found if r.until <= at]
    kept = [r.place for r in (*mine, *free)][:wanted]
    left = [r.place for r in mine if r.place not in kept]
    if kept:
        taken = {"owner": owner, "until": write_instant(until), "rung": False}
        on.execute(update(s.turns).where(*of_scope, c.place.in_(kept)).values(taken))
    if left:
        on.execute(update(s.turns).where(*of_scope, c.place.in_(left)).values(owner="", until="", rung=False))
    if len(kept) < wanted:
        theirs = update(s.turns).where(*of_scope, c.owner != owner, c.until > at, c.rung.is_(False))
        on.execute(theirs.values(rung=True))
    return Turns(len(kept), any(r.rung for r in mine))


def pause(on: Connection, entity_id: str, scope: str, until: datetime) -> None:
    c, end = s.pauses.c, write_instant(until)
    on.execute(
        upsert(s.pauses)
        .values(entity_id=entity_id, scope=scope, until=end)
        .on_conflict_do_update(
            index_elements=("entity_id", "scope"), set_={"until": case((c.until > end, c.until), else_=end)}
        )
    )


def pauses(on: Connection, entity_id: str, now: datetime) -> dict[str, datetime]:
    c = s.pauses.c
    rows = on.execute(select(c.scope, c.until).where(c.entity_id == entity_id, c.until > write_instant(now)))
    return {r.scope: read_instant(r.until) for r in rows}
