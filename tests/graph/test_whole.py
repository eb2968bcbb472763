"""A mail that comes without its end: asked for again, never believed at once, and entered in the end all the same."""

from collections.abc import Iterator

import pytest

from graph.mime import read_mail
from graph.whole import Told, read_whole
from registry.errors import Unavailable
from registry.mail import CUT, CUT_AND_UNREADABLE
from service.ports import Fetched
from tests.graph.mails import ITEM, fetched, multipart, part, plain, text

WORDS = "نرجو موافاتنا بالمستندات المطلوبة للربع الثاني من السنة المالية. " * 8
LETTER = multipart(text(WORDS), part("application/pdf", b"%PDF-1.7 " * 300, name="annex.pdf"))
TEXT = plain(WORDS)
HTML = TEXT.replace(b"text/plain", b"text/html")
FILE = part("application/pdf", b"%PDF-1.7 " * 90_000, name="scan.pdf")
NOTHING_TOLD = Told("")


def half(raw: bytes) -> bytes:
    return raw[: len(raw) // 2]


class Source:
    """A mailbox that gives these answers, the last of them for ever, and tells of a mail what *told* says."""

    def __init__(self, *answers: bytes, told: Told = NOTHING_TOLD, lain_s: float = 0.0) -> None:
        self._answers: Iterator[bytes] = iter((*answers, *(answers[-1] for _ in range(50))))
        self._told, self._lain_s = told, lain_s
        self.asked = self.was_told = 0

    async def whole(self) -> Fetched:
        return await read_whole(self._ask, self._read, self._tell, self._lain_s)

    async def _ask(self) -> bytes:
        self.asked += 1
        return next(self._answers)

    async def _read(self, raw: bytes) -> Fetched:
        return fetched(raw)

    async def _tell(self) -> Told:
        self.was_told += 1
        return self._told


@pytest.mark.parametrize("cut_at", range(1, len(LETTER) - 4, 37))
def test_a_mail_of_parts_without_its_last_boundary_is_cut(cut_at: int) -> None:
    assert fetched(LETTER[:cut_at]).end == "cut"


def test_a_mail_of_parts_that_ends_as_it_must_is_whole_whatever_stands_behind_it() -> None:
    assert [fetched(raw).end for raw in (LETTER, LETTER + b"epilogue", LETTER.rstrip())] == ["closed"] * 3


async def test_of_a_mail_that_ends_as_it_must_nobody_is_asked_anything_more() -> None:
    source = Source(LETTER)
    assert (await source.whole()).mail.remarks == ()
    assert (source.asked, source.was_told) == (1, 0)


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (LETTER, NOTHING_TOLD),
        (TEXT, Told(f"<p>{WORDS}</p>")),
        (HTML, Told(f"<p>{WORDS}</p>")),
        (FILE, Told("", 9 * 90_000)),
    ],
)
async def test_half_a_mail_is_asked_for_again_and_the_whole_one_is_taken(raw: bytes, told: Told) -> None:
    source = Source(half(raw), half(raw), raw, told=told)
    got = await source.whole()
    assert (got.raw, got.mail.cut) == (raw, False)
    assert source.asked == 3


@pytest.mark.parametrize("raw", [LETTER, TEXT])
async def test_one_that_came_only_now_waits_and_is_not_believed(raw: bytes) -> None:
    with pytest.raises(Unavailable):
        await Source(half(raw), told=Told(WORDS), lain_s=60).whole()


async def test_one_that_has_lain_there_and_comes_so_every_time_is_entered_and_says_so() -> None:
    text_alone = await Source(half(TEXT), told=Told(WORDS), lain_s=3_600).whole()
    assert (text_alone.mail.remarks, text_alone.mail.unreadable) == ((CUT,), ())
    of_parts = await Source(half(LETTER), lain_s=3_600).whole()
    assert of_parts.mail.unreadable[0] == CUT_AND_UNREADABLE
    assert text_alone.mail.cut
    assert of_parts.mail.cut


async def test_answers_that_differ_each_time_are_never_believed() -> None:
    source = Source(*(LETTER[: len(LETTER) // 2 + n % 3] for n in range(40)), lain_s=3_600)
    with pytest.raises(Unavailable):
        await source.whole()
    assert source.asked <= 16


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (TEXT, Told(f"<html><head><style>p {{}}</style></head><body><p>{WORDS}</p></body></html>", 20_000)),
        (plain("ok"), Told("<p>ok</p>", 90_000)),
        (plain(""), Told("", 4_000)),
        (FILE, Told("", 9 * 90_000 + 60_000)),
        (plain("words", charset="windows-1256"), Told("<p>words</p>", 5_000)),
    ],
)
async def test_a_good_letter_is_taken_at_the_first_answer(raw: bytes, told: Told) -> None:
    source = Source(raw, told=told)
    assert not (await source.whole()).mail.cut
    assert source.asked == 1


def test_the_message_id_of_a_mail_cut_in_its_header_is_the_one_the_folder_says() -> None:
    got = read_mail(b"From: a@b.example\r\nSubj", mailbox="registry@ministry.example", item=ITEM)
    assert (got.end, got.mail.message_id) == ("cut", ITEM.message_id)
