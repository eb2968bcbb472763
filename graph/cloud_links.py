################################################################
# Annexes that came as links to a cloud file
################################################################
#
# Rule 1: what Outlook calls an attachment "shared from OneDrive" is a link in the text and no part of the mail: whoever
#         reads the mail next year finds nothing behind it. Such links are named, so that somebody can be asked.
# Rule 2: only links to a file or a folder count: a site's front page is no annex. Nothing is fetched here.

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import unescape
from itertools import islice
from urllib.parse import parse_qs, unquote, urlsplit

MOST_LINKS = 50
_LONGEST = 2_000

_CANDIDATE = re.compile(
    r"https://[a-z0-9.-]{0,200}?(?:sharepoint|onedrive\.live|1drv|safelinks)[^\s\"'<>\\^`{|}\u200e\u200f\u202a-\u202e]{4,4000}",
    re.IGNORECASE,
)
_MOST_CANDIDATES = 2_000
_TAG = re.compile(r"<[^<>]{0,1000}>")
_HOSTS = re.compile(
    r"(?:[a-z0-9-]+\.)+sharepoint(?:-mil)?\.(?:com|us|cn|de)|onedrive\.live\.com|1drv\.ms", re.IGNORECASE
)
_REWRITTEN = re.compile(r"[a-z0-9.-]+\.safelinks\.protection\.(?:outlook|office365)\.(?:com|us)", re.IGNORECASE)
# SharePoint's sharing links (/:b:/g/…); a file by its path in a library; OneDrive's own, short and long.
_SHARED = re.compile(r"/:[a-z]:/[a-z]/", re.IGNORECASE)
_IN_LIBRARY = re.compile(
    r"/(?:personal|sites|teams)/[^/]+/.+\.[a-z0-9]{2,5}$|/_layouts/15/(?:doc|guestaccess)\.aspx", re.I
)


@dataclass(frozen=True, slots=True)
class CloudLink:
    """A file in the cloud: its address, and the name under which the mail shows it."""

    url: str
    name: str


def cloud_links(pages: Iterable[str], plain: Iterable[str]) -> tuple[CloudLink, ...]:
    """Return the cloud files that a mail's text links to, each once, in their order."""
    found: dict[str, CloudLink] = {}
    for is_page, texts in ((True, pages), (False, plain)):
        for text in texts:
            for candidate in islice(_CANDIDATE.finditer(text), _MOST_CANDIDATES):
                written = unescape(candidate[0]) if is_page else candidate[0].rstrip(".,;)>]")
                target = cloud_link(written)
                if target is None or len(found) == MOST_LINKS:
                    continue
                key = target.partition("?")[0] if "?id=" not in target else target
                if key not in found:
                    shown = _shown(text, candidate.end()) if is_page else ""
                    found[key] = CloudLink(target, shown or _last(target))
    return tuple(found.values())


def _shown(page: str, at: int) -> str:
    """What stands in the link whose address ends at *at*; nothing where that is an address again."""
    opened = page.find(">", at, at + 3000)
    closed = page.find("</a", opened, opened + 3000) if opened >= 0 else -1
    if closed < 0:
        return ""
    words = " ".join(unescape(_TAG.sub(" ", page[opened + 1 : closed])).split())[:250]
    return words if not words.lower().startswith("http") else ""


def cloud_link(url: str) -> str | None:
    """Return the address of the cloud file that *url* leads to, without the wrapping of a link scanner; else None."""
    try:
        parts = urlsplit(url)
        if _REWRITTEN.fullmatch(parts.hostname or ""):
            url = parse_qs(parts.query).get("url", [""])[0]
            parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return None
    if parts.scheme != "https" or len(url) > _LONGEST or not _HOSTS.fullmatch(host):
        return None
    if not host.lower().endswith(("live.com", "1drv.ms")):
        return url if _SHARED.search(parts.path) or _IN_LIBRARY.search(unquote(parts.path)) else None
    return url if len(parts.path) > 1 or parts.query else None


def _last(url: str) -> str:
    """The file's name, where the address ends in one."""
    name = unquote(urlsplit(url).path).rstrip("/").rpartition("/")[2]
    return name if "." in name else ""
