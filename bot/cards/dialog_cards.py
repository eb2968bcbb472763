"""What stands in a dialog before a secret opens: where to sign in, and the code to type. Nothing of the record."""

from bot.cards.parts import Json, button, buttons, card, head, line_input, notice, sentence
from registry.opening import OPEN_FOR
from registry.record import Record
from texts import Language, say

OPEN_CODE = "open_code"


def sign_in_card(record: Record, lang: Language, token: str, *, url: str = "", said: str | None = None) -> Json:
    """*url* is where to sign in; without it, the code of the sign-in before is asked for once more."""
    title = say(lang, "secret.title")
    lasts = say(lang, "secret.lasts", minutes=round(OPEN_FOR.total_seconds() / 60))
    link = {"type": "Action.OpenUrl", "title": say(lang, "verb.sign_in"), "url": url, "style": "positive"}
    body = [
        notice(lang, said),
        head(lang, say(lang, f"confidentiality.{record.confidentiality}"), title, record),
        sentence(say(lang, "secret.how")),
        buttons([link] if url else [], spacing="medium"),
        line_input(lang, "code", "secret.code", maxLength=20),
        sentence(say(lang, "secret.never_share"), size="small", isSubtle=True, spacing="small"),
        sentence(lasts, size="small", isSubtle=True, spacing="small"),
        buttons([button(lang, OPEN_CODE, token)], spacing="medium"),
    ]
    return card(lang, body, say(lang, "card.fallback", asked=title, reference=record.reference))
