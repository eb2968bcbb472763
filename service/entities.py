"""The entities outside, as the organisation file lists them: to whom letters go, and by which way."""

from collections import Counter
from typing import Any

from registry.entities import CHANNELS, HAND, MAIL, Entity, is_address

_TEXTS = ("code", "ar", "en")


def read_entities(body: Any) -> tuple[tuple[Entity, ...], list[str]]:
    """Read `entities`, a list of {code, ar, en, channel, address}; with every fault, in words for the operator."""
    if not isinstance(body, list) or not all(
        isinstance(e, dict) and all(isinstance(e.get(name), str) and e[name] for name in _TEXTS) for e in body
    ):
        return (), ["each of entities needs code, ar and en"]
    listed = tuple(
        Entity(
            code=e["code"],
            ar=e["ar"],
            en=e["en"],
            channel=str(e.get("channel", HAND)),
            address=str(e.get("address", "")),
        )
        for e in body
    )
    wrong = [f"two entities are called {code}" for code, n in Counter(e.code for e in listed).items() if n > 1]
    wrong += [
        f"entity {e.code} takes letters by {e.channel}, which is none of {', '.join(CHANNELS)}"
        for e in listed
        if e.channel not in CHANNELS
    ]
    wrong += [
        f"entity {e.code} takes mail, and {e.address!r} is no address"
        for e in listed
        if e.channel == MAIL and not is_address(e.address)
    ]
    return listed, wrong
