################################################################
# The catalogue: every sentence a person reads
################################################################
#
# Rule 1: a sentence stands here once, under one key, Arabic first, then English; nothing else in the house holds words
#         that a person reads.
# Rule 2: `{values}` are isolated by `say`; both languages name the same values.
# Rule 3: a refusal says whose turn it is and what to do.

from texts.catalogue import (
    api,
    cards,
    chat,
    circuits,
    delegation,
    dispatching,
    drafts,
    evidence,
    lists,
    mail,
    office,
    opening,
    refusals,
    replies,
    sealing,
    sheet,
    verbs,
)

SENTENCES: dict[str, dict[str, str]] = {}
_PARTS = (
    office,
    cards,
    chat,
    lists,
    refusals,
    mail,
    sheet,
    api,
    delegation,
    verbs,
    circuits,
    evidence,
    drafts,
    sealing,
    opening,
    dispatching,
    replies,
)
for _rows in (part.ROWS for part in _PARTS):
    for _key, (_ar, _en) in _rows.items():
        assert _key not in SENTENCES, f"two sentences under {_key}"
        SENTENCES[_key] = {"ar": _ar, "en": _en}
