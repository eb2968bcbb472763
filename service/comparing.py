################################################################
# What changed between two versions of a draft: one page, its words alone
################################################################
#
# Rule 1: the page runs nothing and fetches nothing; what somebody wrote is text in it, whatever it looks like.
# Rule 2: the same two versions give the same bytes.

import asyncio
import difflib
import re
from collections.abc import Callable, Iterator, Sequence
from html import escape

from registry.document import Version
from registry.errors import Mistaken
from registry.office import Office
from registry.record import Record
from service.dossier import POLICY as POLICY
from service.ports import Archive
from service.service import Service
from service.views import Viewer
from texts import Language, both_dates, say
from texts.dates import clock_time

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
_LONGEST = 200_000  # characters of each; what follows is compared line by line alone
_STYLE = (
    ":root{--ink:#1d2129;--soft:#5b6470;--mark:#7a5c1e;--in:#e3f4e5;--out:#fbe6e4}"
    "body{margin:0 auto;max-width:54rem;padding:2rem 1.25rem;color:var(--ink);background:#fff;"
    "font:17px/1.9 'Segoe UI','Noto Naskh Arabic',Tahoma,Arial,sans-serif;overflow-wrap:anywhere}"
    "header{border-bottom:3px double var(--mark);padding-bottom:1rem;margin-bottom:1.5rem}"
    "h1{font-size:1.5rem;line-height:1.4;margin:.2rem 0}header p,footer{margin:.2rem 0;color:var(--soft)}"
    "p{margin:.4rem 0;white-space:pre-wrap}"
    "ins{background:var(--in);text-decoration:underline;text-underline-offset:4px}"
    "del{background:var(--out);text-decoration:line-through}code{font:12px/1.5 Consolas,'DejaVu Sans Mono',monospace;"
    "direction:ltr;unicode-bidi:isolate}"
)


def compared(
    record: Record, before: Version, after: Version, words: tuple[str, str], office: Office, lang: Language
) -> str:
    """Return the page: *words* are those of the two versions, the older first."""
    lines = list(_lines(*words))
    title = say(lang, "compare.title", reference=record.reference)
    person = office.person(after.editor)
    who = person.name if person is not None else say(lang, "sheet.an_application")
    when = f"{both_dates(after.at, office.zone, lang)} {clock_time(after.at, office.zone)}"
    added, deleted = say(lang, "compare.added"), say(lang, "compare.deleted")
    body = "\n".join(lines) if any("<ins>" in line or "<del>" in line for line in lines) else ""
    body = body or f"<p><em>{escape(say(lang, 'compare.same'))}</em></p>"
    return (
        f'<!doctype html><html lang="{lang}" dir="{"rtl" if lang == "ar" else "ltr"}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f'<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><header><h1>{escape(title)}</h1>"
        f"<p>{escape(record.subject)}</p>"
        f"<p>{escape(say(lang, 'compare.between', before=before.number, after=after.number))}</p>"
        f"<p>{escape(say(lang, 'compare.by', who=who, when=when))}</p>"
        f"<p><ins>{escape(added)}</ins> <del>{escape(deleted)}</del></p></header><main>{body}</main>"
        f"<footer><p>{escape(say(lang, 'compare.note'))}</p><p>{escape(say(lang, 'compare.hash'))} "
        f"<code>{before.sha256}</code> ← <code>{after.sha256}</code></p></footer></body></html>"
    )


def _lines(was: str, now: str) -> Iterator[str]:
    """The paragraphs in the order of the newer version, those that went where they stood."""
    old, new = was.split("\n"), now.split("\n")
    inside = len(was) + len(now) <= 2 * _LONGEST
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from (_paragraph(escape(line)) for line in new[j1:j2])
        elif tag == "replace" and inside and i2 - i1 == j2 - j1:
            yield from (_paragraph(_within(a, b)) for a, b in zip(old[i1:i2], new[j1:j2], strict=True))
        else:
            yield from (_paragraph(f"<del>{escape(line)}</del>") for line in old[i1:i2] if line.strip())
            yield from (_paragraph(f"<ins>{escape(line)}</ins>") for line in new[j1:j2] if line.strip())


def _within(was: str, now: str) -> str:
    """One paragraph, with the words that came and went."""
    old, new = _WORDS.findall(was), _WORDS.findall(now)
    shown = []
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            shown.append(escape("".join(new[j1:j2])))
            continue
        shown += [f"<del>{_joined(old[i1:i2])}</del>"] if i2 > i1 else []
        shown += [f"<ins>{_joined(new[j1:j2])}</ins>"] if j2 > j1 else []
    return "".join(shown)


def _joined(words: Sequence[str]) -> str:
    return escape("".join(words))


def _paragraph(shown: str) -> str:
    return f'<p dir="auto">{shown}</p>'


class Comparing:
    """Compares versions of drafts for who may read them. *words_of* reads a Word file; it raises Mistaken where it
    cannot."""

    def __init__(self, service: Service, archive: Archive, words_of: Callable[[bytes], str]) -> None:
        self._service, self._archive, self._words_of = service, archive, words_of

    async def page(self, viewer: Viewer, record_id: str, before: str, after: str, lang: Language) -> str | None:
        """The page; None where the viewer may not read it, or one of the two is no version of the record's file.
        Raises Gone where the archive has one no more."""
        record, office = await asyncio.to_thread(self._service.readable, viewer, record_id)
        document = record.document if record is not None else None
        if record is None or document is None or not viewer.is_cleared(record, self._service.clock()):
            return None
        older, newer = document.of(before), document.of(after)
        if older is None or newer is None:
            return None
        bodies = [await self._archive.get(v.sha256) for v in (older, newer)]
        words = await asyncio.to_thread(lambda: [self._read(body) for body in bodies])
        return compared(record, older, newer, (words[0], words[1]), office, lang)

    def _read(self, body: bytes) -> str:
        try:
            return self._words_of(body)
        except Mistaken:  # it cannot be opened safely: what it says is not known
            return ""
