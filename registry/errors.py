"""Our exceptions, by who must act:

* TarasulError
  + Unavailable      busy or down                  -> time: the outbox asks again later
    - Throttled      … and said how long to wait
    - Locked         a person has the file open
  + Stale            the world moved on            -> us: read again, decide again
    - Gone           moved or deleted
    - Changed        somebody wrote first
  + Misconfigured    consent, secret, quota        -> an operator; no retry
    - Forbidden      … this one thing at least
  + Mistaken         our request makes no sense    -> a developer; no retry
"""


class TarasulError(Exception):
    """Something went wrong, and the class says whose turn it is."""


class Unavailable(TarasulError):
    """The other side is busy or down; it may be asked again later."""


class Throttled(Unavailable):
    """The other side asked us to slow down."""

    def __init__(self, retry_after_s: float) -> None:
        super().__init__(f"asked to wait {retry_after_s:g} s")
        self.retry_after_s = retry_after_s


class Locked(Unavailable):
    """A person has the file open; `holder` is their Entra id, where it is known."""

    def __init__(self, said: str = "", holder: str | None = None) -> None:
        super().__init__(said)
        self.holder = holder


class Stale(TarasulError):
    """The world moved on since we looked."""


class Gone(Stale):
    """Moved or deleted."""


class Changed(Stale):
    """Somebody wrote first."""


class Misconfigured(TarasulError):
    """Consent, secret, permission, quota or setting: an operator must act."""


class Forbidden(Misconfigured):
    """We were known for who we are, and this was not for us."""


class Mistaken(TarasulError):
    """Our own request makes no sense: a developer must act."""
