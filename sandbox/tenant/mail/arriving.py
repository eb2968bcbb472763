################################################################
# Mail arrives: bytes become a message in an inbox
################################################################
#
# Rule 1: the bytes are kept as they were sent. Above them stand the lines of the last server on the way: Received,
#         Authentication-Results and, for a letter that has none, a Message-ID. Only those can be trusted.
# Rule 2: a letter that cannot be read arrives all the same.

from datetime import datetime
from email.utils import format_datetime

from sandbox.tenant import graph
from sandbox.tenant.mail import drafting, mime, threads
from sandbox.tenant.mail.store import Mailboxes
from sandbox.tenant.tenant import Tenant
from sandbox.tenant.world import Thing

DMARC = ("pass", "fail", "none")


def arrive(
    tenant: Tenant,
    owner: Thing,
    raw: bytes,
    now: datetime,
    *,
    dmarc: str | None,
    letter: mime.Letter | None = None,
    also: list[Thing] | None = None,
) -> Thing:
    """Put a letter into *owner*'s inbox, and return the message.

    Args:
        letter: What `mime.read` read out of *raw*, where that was done already.
        dmarc: What was found out about the sender's domain; None when the letter comes from within.
        also: Attachments that no MIME carries: links to files.
    """
    letter = letter or mime.read(raw)
    internet_id = letter.message_id or drafting.new_internet_id(tenant)
    above = _stamp(tenant, letter, now, dmarc)
    if letter.message_id is None:
        above.append(("Message-ID", internet_id))
    head = "".join(f"{name}: {value}\r\n" for name, value in above).encode("ascii", "replace")
    store = tenant.part(Mailboxes)
    body = drafting.written(tenant, letter.content_type, letter.body)
    fields = drafting.blank(owner, now, internet_id)
    fields |= {"subject": letter.subject, "bodyPreview": body.pop("preview"), "importance": letter.importance}
    fields |= {"from": letter.sender, "sender": letter.sender, "replyTo": letter.reply_to}
    fields |= {"toRecipients": letter.to, "ccRecipients": letter.cc, "isRead": False, "isDraft": False}
    fields |= threads.fields(owner["id"], threads.of_letter(store, owner["id"], letter, now))
    if letter.sent_at is not None:
        fields["sentDateTime"] = graph.instant(letter.sent_at)
    return store.add(
        owner["id"],
        "inbox",
        fields,
        now,
        **body,
        mime=tenant.world.keep(head + raw),
        attachments=[drafting.kept(tenant, part, now) for part in letter.parts] + (also or []),
        headers=[[name, value] for name, value in (*above, *letter.headers)],
        thread={"in_reply_to": letter.in_reply_to, "references": letter.references},
    )


def _stamp(tenant: Tenant, letter: mime.Letter, now: datetime, dmarc: str | None) -> list[tuple[str, str]]:
    """The lines that the receiving server writes above a letter."""
    domain = tenant.ministry["domain"]
    address = letter.sender["emailAddress"]["address"] if letter.sender else ""
    sender_domain = address.rpartition("@")[2].lower() or "unknown.invalid"
    if dmarc is None:
        relay, trust = f"mbx1.{domain}", "Internal"
        found = f"spf=pass smtp.mailfrom={domain}; dkim=pass header.d={domain}; dmarc=pass"
    else:
        relay, trust = f"mail.{sender_domain}", "Anonymous"
        found = f"spf={dmarc} smtp.mailfrom={sender_domain}; dkim={dmarc} header.d={sender_domain}; dmarc={dmarc}"
    action = "quarantine" if dmarc == "fail" else "none"
    at = format_datetime(now.replace(microsecond=0))
    return [
        ("Received", f"from {relay} by mbx2.{domain} with mapi id 15.20.9000.12; {at}"),
        ("Authentication-Results", f"mx.{domain}; {found} action={action} header.from={sender_domain}"),
        ("X-MS-Exchange-Organization-AuthAs", trust),
    ]
