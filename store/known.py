"""What is already known of a mail's identities: the letter, its thread, the numbers in it, and how much came lately."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Connection, and_, func, or_, select

from registry.dispatching import answer_to
from registry.mail import Mail, is_cut
from registry.numbers import mentioned
from registry.office import Office
from registry.recognise import Known, traces
from registry.record import Link
from registry.vocabulary import KINDS
from store import schema as s
from store.instants import write_instant
from store.records import record_of

_MOST_REFERENCES = 500
_SENDS = {"reply": "SendReply", "letter": "SendLetter"}  # by how our keys begin


def known(on: Connection, entity_id: str, mail: Mail, office: Office) -> Known:
    """Look up what `recognise` asks for."""
    same_letter, same_reference, same_in = _same_letter(on, entity_id, mail, office)
    ids = s.message_ids.c
    sent = _record_of(on, entity_id, (mail.message_id,), ours=True) if mail.message_id else None
    ours = (sent[0], "message_id") if sent is not None else None
    if ours is None and _is_a_reply_of_ours(on, entity_id, mail.our_key):
        ours = (mail.our_key.split(":")[1], "mark")
    references = list(dict.fromkeys(mail.references))[-_MOST_REFERENCES:]
    answered = _record_of(on, entity_id, references)
    told_of = _told_of(on, entity_id, mail, references)
    links: tuple[Link, ...] = ()
    if same_letter is None and answered is None and told_of is None:
        links = _links(on, entity_id, mail, office)
    sender, thread = traces(mail)
    since = (s.mail.c.entity_id == entity_id, s.mail.c.sender == sender, s.mail.c.received_at <= _at(mail, 0))
    count = select(func.count()).select_from(s.mail)
    in_thread = our_answers = 0
    if (joined := told_of or answered) is not None:
        lately = s.mail.c.received_at > _at(mail, office.loop_guard.mails_s)
        in_thread = on.execute(count.where(*since, lately, s.mail.c.record_id == joined[0])).scalar() or 0
    elif office.by_address(mail.sender.address) is not None:
        lately = s.mail.c.received_at > _at(mail, office.loop_guard.answers_s)
        answers = and_(ids.entity_id == entity_id, ids.record_id == s.mail.c.record_id, ids.ours.is_(True))
        answer = select(ids.record_id).where(answers).exists()
        our_answers = on.execute(count.where(*since, lately, s.mail.c.thread == thread, answer)).scalar() or 0
    return Known(
        ours=ours,
        same_letter=same_letter,
        same_reference=same_reference,
        same_in=same_in,
        answered=answered,
        outgoing=_outgoing(on, entity_id, mail, answered),
        told_of=told_of,
        links=links,
        in_thread=in_thread,
        our_answers=our_answers,
    )


def _same_letter(on: Connection, entity_id: str, mail: Mail, office: Office) -> tuple[str | None, str, str]:
    """The record that the same letter made, its number, and in whose register; that of the mail's own first."""
    m, r = s.mail.c, s.records.c
    rows = on.execute(
        select(m.record_id, r.reference, r.unit_id, r.kind)
        .outerjoin(s.records, and_(r.entity_id == m.entity_id, r.record_id == m.record_id))
        .where(m.entity_id == entity_id, m.identity == mail.identity, m.verdict.in_(("registered", "quarantined")))
        .order_by(m.received_at, m.item_id)
    ).all()
    unit = office.registry_unit(mail.mailbox)
    own = [row for row in rows if unit is not None and row.unit_id == unit.unit_id]
    for row in own or rows:
        listed = row.kind in KINDS and KINDS[row.kind].listed
        return row.record_id, row.reference or "", row.unit_id if listed else ""
    return _same_item(on, entity_id, mail) or (None, "", "")


def _same_item(on: Connection, entity_id: str, mail: Mail) -> tuple[str, str, str] | None:
    """The record of the same mail under another id, of which one or the other came without its end."""
    if not mail.message_id:
        return None
    m, r = s.mail.c, s.records.c
    rows = on.execute(
        select(r.record_id, r.state)
        .join(s.mail, and_(r.entity_id == m.entity_id, r.record_id == m.record_id))
        .where(m.entity_id == entity_id, m.mailbox == mail.mailbox, m.message_id == mail.message_id)
        .where(m.received_at == write_instant(mail.received_at), m.verdict.in_(("registered", "quarantined")))
        .order_by(m.item_id)
    )
    for row in rows:
        record = record_of(row.state)
        if mail.cut or is_cut(record.reasons):
            return record.record_id, record.reference, record.registry_unit_id if record.rules.listed else ""
    return None


def _record_of(
    on: Connection, entity_id: str, message_ids: Sequence[str], *, ours: bool = False
) -> tuple[str, str] | None:
    """The record of the last of *message_ids* that is a record's, with that id."""
    if not message_ids:
        return None
    c = s.message_ids.c
    query = select(c.message_id, c.record_id).where(c.entity_id == entity_id, c.message_id.in_(message_ids))
    by_id = {i: record_id for i, record_id in on.execute(query.where(c.ours.is_(True)) if ours else query)}
    return next(((by_id[i], i) for i in reversed(message_ids) if i in by_id), None)


def _told_of(on: Connection, entity_id: str, mail: Mail, references: list[str]) -> tuple[str, str] | None:
    """The record of the mail of ours that *mail* tells of, with that mail's Message-ID."""
    about = mail.report.about[:_MOST_REFERENCES] if mail.report is not None else ()
    found = _record_of(on, entity_id, (*references, *reversed(about)), ours=True)
    if found is None and mail.report is not None and _is_a_reply_of_ours(on, entity_id, mail.report.our_key):
        return mail.report.our_key.split(":")[1], next(iter(about), "")
    return found


def _outgoing(on: Connection, entity_id: str, mail: Mail, answered: tuple[str, str] | None) -> Link | None:
    """How *mail* answers a letter that we sent out, if it does."""
    if answered is None:
        return None
    r = s.records.c
    row = on.execute(select(r.state).where(r.entity_id == entity_id, r.record_id == answered[0])).first()
    return answer_to(mail, record_of(row.state)) if row is not None else None


def _is_a_reply_of_ours(on: Connection, entity_id: str, key: str) -> bool:
    """Whether *key* is that of a reply, or of a letter, which we drafted: it may come back before we know that it has
    gone."""
    kind, record_id, *_ = *key.split(":"), ""
    o = s.outbox.c
    asked = select(o.effect_id).where(o.entity_id == entity_id, o.record_id == record_id, o.kind == _SENDS.get(kind))
    return kind in _SENDS and on.execute(asked.limit(1)).scalar() is not None


def _links(on: Connection, entity_id: str, mail: Mail, office: Office) -> tuple[Link, ...]:
    """Records with which *mail* may have to do: another letter of the same Message-ID, numbers that stand in it."""
    r, i = s.records.c, s.message_ids.c
    found: dict[str, Link] = {}
    if mail.message_id:
        same_id = select(i.record_id).where(i.entity_id == entity_id, i.message_id == mail.message_id)
        row = on.execute(
            select(r.record_id, r.reference).where(r.entity_id == entity_id, r.record_id.in_(same_id)).limit(1)
        ).first()
        if row is not None:
            found[row.record_id] = Link(record_id=row.record_id, reference=row.reference, how="same_id")
    numbers = mentioned(f"{mail.letter.subject}\n{mail.letter.text}", office)
    if numbers:
        any_of = [
            and_(r.unit_id == n.unit_id, r.kind == n.kind, r.year == n.year, r.serial == n.serial) for n in numbers
        ]
        for row in on.execute(
            select(r.record_id, r.reference).where(r.entity_id == entity_id, or_(*any_of)).order_by(r.reference)
        ):
            found.setdefault(row.record_id, Link(record_id=row.record_id, reference=row.reference, how="number"))
    return tuple(found.values())


def _at(mail: Mail, before_s: int) -> str:
    return write_instant(mail.received_at - timedelta(seconds=before_s))
