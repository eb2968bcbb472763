"""The entities (jihat) to which letters go outside: ministries, banks, companies; and the way that each takes them."""

from dataclasses import dataclass

from texts import Language

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
