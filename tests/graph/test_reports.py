"""What a mail system reports of a mail: read from its fields, whatever its text says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.mime_tree import Parser
from graph.reports import read_report
from registry.mail import Report
from tests.graph.mails import multipart, part, read, text

STATUS = b"""Reporting-MTA: dns;DB9PR01.prod.outlook.example
Received-From-MTA: dns;DB9PR02.prod.outlook.example

Final-Recipient: rfc822;huda@ministry.example
Action: failed
Status: 5.1.10 (no such user)
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found
"""
ORIGINAL = (
    b"""From: registry@ministry.example\r\nMessage-ID: <9@ministry.example>\r\nX-Tarasul-Key: reply:r1\r\n\r\nwords"""
)


def bounce(status: bytes = STATUS, returned: bytes = ORIGINAL, kind: str = "message/rfc822") -> bytes:
    return multipart(
        text("Delivery has failed."),
        part("message/delivery-status", status, encoded=False),
        part(kind, returned, encoded=False),
        kind="report; report-type=delivery-status",
    )


@pytest.mark.parametrize("kind", ["message/rfc822", "text/rfc822-headers", "message/global-headers"])
def test_a_bounce_names_our_mail_whom_it_did_not_reach_and_why(kind: str) -> None:
    assert read(bounce(kind=kind)).report == Report(
        what="failed",
        about=("<9@ministry.example>",),
        our_key="reply:r1",
        recipients=("huda@ministry.example",),
        status="5.1.10",
        said="smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found",
    )


def test_of_several_recipients_the_worst_is_told() -> None:
    several = (
        STATUS
        + b"\nFinal-Recipient: rfc822; omar@ministry.example\nAction: delivered\nStatus: 2.1.5\n"
        + b"\nOriginal-Recipient: rfc822; laila@ministry.example\nAction: Failed\nStatus: 5.2.2\n"
    )
    found = read(bounce(several)).report
    assert found is not None
    assert (found.what, found.status) == ("failed", "5.1.10")
    assert found.recipients == ("huda@ministry.example", "laila@ministry.example")


@pytest.mark.parametrize(("action", "what"), [(b"delayed", "delayed"), (b"relayed", "relayed"), (b"burnt", "")])
def test_what_did_not_fail_is_no_failure(action: bytes, what: str) -> None:
    found = read(bounce(STATUS.replace(b"failed", action))).report
    assert found is not None
    assert found.what == what


@pytest.mark.parametrize(
    ("disposition", "what"),
    [
        (b"automatic-action/MDN-sent-automatically; displayed", "displayed"),
        (b"manual-action/MDN-sent-manually; deleted/error", "deleted"),
        (b"manual-action; exploded", ""),
    ],
)
def test_a_read_receipt_names_our_mail_in_a_field_of_its_own(disposition: bytes, what: str) -> None:
    fields = b"Final-Recipient: rfc822;huda@ministry.example\r\nOriginal-Message-ID: <9@ministry.example>\r\n"
    raw = multipart(
        text("Your message was read."),
        part("message/disposition-notification", fields + b"Disposition: " + disposition + b"\r\n", encoded=False),
        kind="report; report-type=disposition-notification",
    )
    found = read(raw).report
    assert found == Report(what=what, about=("<9@ministry.example>",), recipients=("huda@ministry.example",))


@given(st.binary(max_size=400), st.sampled_from(["message/delivery-status", "message/rfc822", "text/rfc822-headers"]))
def test_whatever_stands_in_a_report_it_is_read_and_says_only_what_we_know(content: bytes, kind: str) -> None:
    raw = multipart(part(kind, content), part("message/delivery-status", STATUS[:60] + content), kind="report")
    found = read_report(Parser().parse(raw), "x-tarasul-key")
    assert found.what in ("", "failed", "delayed", "expanded", "relayed", "delivered")
    assert len(found.recipients) <= 20
    assert not found.status or found.status[0] in "245"
