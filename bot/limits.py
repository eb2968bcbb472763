################################################################
# How much Teams takes: every limit, once
################################################################
#
# Rule 1: what Microsoft limits stands here, and whoever keeps to it reads it from here. What we limit ourselves stands
#         where it is kept.
# Rule 2: docs/limits.md says the same in a table; a test compares the two.

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    """At most *value* of *unit*; `window_s`: in any so many seconds.

    `sure` is False where Microsoft's pages contradict each other: the lower value is taken.
    """

    value: int
    unit: str
    source: str
    window_s: int = 0
    sure: bool = True


_RATE = "learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit"
_CARDS = "learn.microsoft.com/microsoftteams/platform/task-modules-and-cards"
_CONNECTOR = "learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication"
_MESSAGES = "learn.microsoft.com/microsoftteams/platform/bots/how-to/format-your-bot-messages"

SENT_IN_A_SECOND = Limit(7, "messages of a bot to a chat", _RATE, window_s=1)
SENT_IN_TWO_SECONDS = Limit(8, "messages of a bot to a chat", _RATE, window_s=2)
SENT_IN_HALF_A_MINUTE = Limit(60, "messages of a bot to a chat", _RATE, window_s=30)
SENT_IN_AN_HOUR = Limit(1_800, "messages of a bot to a chat", _RATE, window_s=3_600)
MEMBERS_IN_A_SECOND = Limit(14, "calls of a bot for a chat's members", _RATE, window_s=1)
MEMBERS_IN_AN_HOUR = Limit(3_600, "calls of a bot for a chat's members", _RATE, window_s=3_600)
CALLS = Limit(50, "calls of a bot in a tenant", _RATE, window_s=1)
CARD = Limit(28 * 1024, "bytes of a card", _MESSAGES, sure=False)
ACTIONS = Limit(6, "actions in a row of a card", _CARDS)
REFRESHED_FOR = Limit(60, "people for whom a card looks after itself", _CARDS)
ANSWER = Limit(10, "seconds until a press must be answered", _CONNECTOR, sure=False)
FORM_ANSWER = Limit(5, "seconds until a form must be answered", _CONNECTOR)
CLOCKS_APART = Limit(300, "seconds that a token's times may be off", _CONNECTOR)
KEYS_LAST = Limit(86_400, "seconds that the channel's keys are believed", _CONNECTOR)

LIMITS = {name: value for name, value in globals().items() if isinstance(value, Limit)}
