################################################################
# Signing in anew before a secret opens (step-up): ticket, return, code
################################################################
#
# Rule 1: three things must meet: the chat that asked (the ticket is a person's own), the browser that began (it brings
#         the ticket back as a cookie) and the code that is shown where they signed in and typed where they asked. So
#         nobody opens a secret with another's sign-in, nor by sending somebody a link.
# Rule 2: everything is good once and for minutes: the return, the code, five wrong codes.
# Rule 3: a quarter of an hour counts from the sign-in itself, not from the code.

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from registry.opening import OPEN_FOR
from service.ports import Clock, Store, Transaction
from service.sign_in import Entrance, NotSignedIn, SignIn

TICKET_LASTS = timedelta(minutes=10)
MOST_TRIES = 5
CODE_DIGITS = 6
_AHEAD = timedelta(minutes=5)  # what two clocks may differ by
_LONGEST = 400  # characters of a ticket


class StepUp:
    """People's sign-ins. *entrance* is None where this deployment has no app that people can sign in to."""

    def __init__(self, store: Store, clock: Clock, new_token: Callable[[], str], entrance: Entrance | None) -> None:
        self._store, self._clock, self._new_token, self._entrance = store, clock, new_token, entrance

    @property
    def possible(self) -> bool:
        return self._entrance is not None

    def opened_at(self, person: str) -> datetime | None:
        """The sign-in that opens secrets to *person* now; None where there is none."""
        kept = self._store.read(lambda tx: tx.sign_in(person))
        at = kept.opened_at if kept is not None else None
        return at if at is not None and at <= self._clock() < at + OPEN_FOR else None

    def begin(self, person: str) -> str:
        """Return a new ticket for *person*; the one before is void."""
        ticket = f"{person}.{self._new_token()}"
        ends_at = self._clock() + TICKET_LASTS

        def work(tx: Transaction) -> None:
            kept = tx.sign_in(person)
            opened = kept.opened_at if kept is not None else None
            tx.save_sign_in(SignIn(person=person, state=_of(ticket, "state"), ends_at=ends_at, opened_at=opened))

        self._store.write(work)
        return ticket

    def address(self, ticket: str) -> str:
        """Where the browser that brings *ticket* signs in. It may ask again: some programs look at links first.

        Raises:
            NotSignedIn: It is not good, or not any more; or nobody can sign in here.
        """
        if self._entrance is None:
            raise NotSignedIn("sign_in.none")

        def work(tx: Transaction) -> str:
            kept = self._waiting(tx, ticket)
            person = tx.office().person(kept.person)
            if person is None or not person.active:
                raise NotSignedIn("sign_in.over")
            return person.upn

        hint = self._store.read(work)
        challenge = _plain(hashlib.sha256(_of(ticket, "verifier").encode()).digest())
        return self._entrance.address(
            state=_of(ticket, "state"), nonce=_of(ticket, "nonce"), challenge=challenge, hint=hint
        )

    async def returned(self, ticket: str, state: str, code: str) -> str:
        """Return the code to type in the chat, now that Entra sent the browser back with *state* and its *code*.

        Raises:
            NotSignedIn: With why.
            Unavailable, Misconfigured: Entra cannot be asked; the sign-in must be begun anew.
        """
        if self._entrance is None:
            raise NotSignedIn("sign_in.none")
        if not hmac.compare_digest(state.encode(), _of(ticket, "state").encode()):
            raise NotSignedIn("sign_in.other_browser")
        person = self._store.write(lambda tx: self._used(tx, ticket))
        if not code:
            raise NotSignedIn("sign_in.refused")
        proven = await self._entrance.proven(code, verifier=_of(ticket, "verifier"), nonce=_of(ticket, "nonce"))
        if proven.person != person:
            raise NotSignedIn("sign_in.somebody_else")
        now = self._clock()
        if not now - OPEN_FOR < proven.at <= now + _AHEAD:
            raise NotSignedIn("sign_in.too_old")
        shown = _digits(self._new_token())

        def work(tx: Transaction) -> None:
            kept = tx.sign_in(person)
            if kept is None or kept.state:
                raise NotSignedIn("sign_in.over")  # they began anew meanwhile
            at = min(proven.at, now)
            tx.save_sign_in(replace(kept, signed_in_at=at, code=_hash(person, shown), tries=0))

        self._store.write(work)
        return shown

    def confirm(self, person: str, typed: str) -> str | None:
        """Open secrets to *person* by the code that they typed; None, or the text key of why not."""

        def work(tx: Transaction) -> str | None:
            kept, now = tx.sign_in(person), self._clock()
            if kept is None or not kept.code or kept.signed_in_at is None or now >= kept.ends_at:
                return "sign_in.no_code"
            if kept.tries >= MOST_TRIES:
                return "sign_in.too_many"
            if not hmac.compare_digest(kept.code, _hash(person, _plain_digits(typed))):
                tx.save_sign_in(replace(kept, tries=kept.tries + 1))
                return "sign_in.wrong_code"
            tx.save_sign_in(replace(kept, code="", signed_in_at=None, opened_at=kept.signed_in_at))
            return None

        return self._store.write(work)

    def _used(self, tx: Transaction, ticket: str) -> str:
        """Whose ticket it is, which is good no more from now on."""
        kept = self._waiting(tx, ticket)
        tx.save_sign_in(replace(kept, state=""))
        return kept.person

    def _waiting(self, tx: Transaction, ticket: str) -> SignIn:
        person, dot, _ = ticket[:_LONGEST].rpartition(".")
        kept = tx.sign_in(person) if dot else None
        if kept is None or not kept.state or self._clock() >= kept.ends_at:
            raise NotSignedIn("sign_in.over")
        if not hmac.compare_digest(kept.state.encode(), _of(ticket, "state").encode()):
            raise NotSignedIn("sign_in.over")
        return kept


def _of(ticket: str, purpose: str) -> str:
    """What a ticket is worth to others: of each, nothing of the others and nothing of the ticket can be told."""
    return _plain(hashlib.sha256(f"tarasul/sign-in/{purpose}/{ticket}".encode()).digest())


def _plain(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _digits(token: str) -> str:
    number = int.from_bytes(hashlib.sha256(token.encode()).digest()) % 10**CODE_DIGITS
    return f"{number:0{CODE_DIGITS}d}"


def _plain_digits(typed: str) -> str:
    """As it is written with other digits: `٤٢ ١٣٠٧`."""
    return "".join(str(int(c)) for c in typed[:40] if c.isdecimal())


def _hash(person: str, code: str) -> str:
    return hashlib.sha256(f"tarasul/sign-in/code/{person}/{code}".encode()).hexdigest()
