"""One sentence from the catalogue."""

from texts.catalogue import SENTENCES
from texts.isolates import isolate
from texts.languages import Language


def say(lang: Language, key: str, **values: object) -> str:
    """Return the sentence *key* in *lang*, each value isolated so that it reads right in either direction.

    Raises:
        KeyError: No such sentence, or a value that the sentence needs is missing. Both are ours to mend.
    """
    return SENTENCES[key][lang].format_map({name: isolate(value) for name, value in values.items()})


def knows(key: str) -> bool:
    """Whether the catalogue has *key*."""
    return key in SENTENCES
