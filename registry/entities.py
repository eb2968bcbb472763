"""The entities (jihat) to which letters go outside: ministries, banks, companies; and the way that each takes them."""

from collections.abc import Iterable
from dataclasses import dataclass

from texts import Language, search_key

MAIL, EXCHANGE, PAPER, HAND = "mail", "exchange", "paper", "hand"
# What is not mailed is brought by the register: on paper, by hand, and by the state's exchange until that is a port.
CHANNELS = (MAIL, EXCHANGE, PAPER, HAND)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """An entity outside. `code` names it for ever; `address` is where mail for it goes."""

    code: str
    ar: str
    en: str
    channel: str = HAND  # of CHANNELS
    address: str = ""

    def name(self, lang: Language) -> str:
        return self.en if lang == "en" else self.ar


def is_address(text: str) -> bool:
    """Whether mail can be sent to *text*: one address, in ASCII, as Exchange takes it."""
    local, at, domain = text.partition("@")
    plain = text.isascii() and text.isprintable() and not set(' ,;<>"()') & set(text) and len(text) <= 254
    return plain and bool(local and at) and "@" not in domain and "." in domain.strip(".")


def named_in(party: str | None, entities: Iterable[Entity]) -> tuple[str, ...]:
    """Return the codes of the entities that *party* names, one or several with commas between; nothing where any of
    them is not known: then people wrote of somebody else."""
    by_name = {search_key(name).strip(): e.code for e in entities for name in (e.code, e.en, e.ar)}
    written = (party or "").replace("\n", ",").replace("،", ",").replace("؛", ",").replace(";", ",").split(",")
    codes = [by_name.get(search_key(name).strip(), "") for name in written if name.strip()]
    return tuple(dict.fromkeys(codes)) if all(codes) else ()
