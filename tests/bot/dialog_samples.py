"""Cards as they stand in dialogs."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bot.cards import for_dialog, record_card, step_card
from bot.cards.dialog_cards import sign_in_card
from registry.record import Record
from texts import Language, say

type Card = dict[str, Any]

SIGN_IN = "https://tarasul.ministry.example/api/sign-in/start?ticket=noura.ZmlndXJlcw"


def dialog_samples(
    secret: Callable[[], Any], view: Callable[..., Any], people: Any, office: Any, token: str
) -> dict[str, Callable[[Language], Card]]:
    def record() -> Record:
        held: Record = secret().held
        return held

    def opened(lang: Language) -> Card:
        desk = secret()
        return for_dialog(step_card(replace(view(desk.held, 1, "noura", lang), opened=True), desk.now))

    def opened_record(lang: Language) -> Card:
        desk = secret()
        return for_dialog(record_card(desk.held, people["noura"], office, lang, desk.now, opened=True))

    def wrong(lang: Language) -> Card:
        return for_dialog(sign_in_card(record(), lang, token, said=say(lang, "sign_in.wrong_code")))

    return {
        "dialog-sign-in": lambda lang: for_dialog(sign_in_card(record(), lang, token, url=SIGN_IN)),
        "dialog-wrong-code": wrong,
        "dialog-opened": opened,
        "dialog-opened-record": opened_record,
        "record-secret-cleared": lambda lang: record_card(record(), people["noura"], office, lang, secret().now),
    }
