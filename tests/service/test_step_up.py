"""Signing in anew before a secret opens, and everything by which somebody might open it who did not."""

import itertools
from datetime import datetime, timedelta

import pytest

from registry.errors import Unavailable
from service.sign_in import NotSignedIn
from service.step_up import CODE_DIGITS, MOST_TRIES, TICKET_LASTS, StepUp
from tests.fakes.entrance import FakeEntrance
from tests.fakes.store import FakeStore
from tests.values import NOON, OFFICE

A_MINUTE = timedelta(minutes=1)


class Hall:
    """A store, a page of Entra's, and people who come and go. Time stands still unless a test moves `now`."""

    def __init__(self) -> None:
        self.now = NOON
        self.store = FakeStore(OFFICE.entity_id)
        self.store.write(lambda tx: tx.save_office(OFFICE))
        self.entrance = FakeEntrance(self.clock)
        tokens = itertools.count(1)
        self.step_up = StepUp(self.store, self.clock, lambda: f"token-{next(tokens)}", self.entrance)

    def clock(self) -> datetime:
        return self.now

    def state(self, ticket: str) -> str:
        """What Entra brings back, once the browser that has the ticket was sent there."""
        self.step_up.address(ticket)
        return self.entrance.asked["state"]

    async def signed_in(self, person: str = "huda", at: datetime | None = None) -> str:
        """The code that *person* is shown."""
        ticket = self.step_up.begin(person)
        state = self.state(ticket)
        return await self.step_up.returned(ticket, state, self.entrance.signs_in(person, at))

    def refused(self, error: pytest.ExceptionInfo[NotSignedIn]) -> str:
        return error.value.reason


@pytest.fixture
def hall() -> Hall:
    return Hall()


async def test_whoever_signs_in_and_types_the_code_opens_secrets_for_a_quarter_of_an_hour(hall: Hall) -> None:
    code = await hall.signed_in()
    assert len(code) == CODE_DIGITS
    assert hall.step_up.opened_at("huda") is None
    hall.now += A_MINUTE
    assert hall.step_up.confirm("huda", code) is None
    assert hall.step_up.opened_at("huda") == NOON
    hall.now = NOON + timedelta(minutes=15) - timedelta(seconds=1)
    assert hall.step_up.opened_at("huda") == NOON
    hall.now += timedelta(seconds=1)
    assert hall.step_up.opened_at("huda") is None


async def test_the_time_counts_from_the_sign_in_that_entra_names(hall: Hall) -> None:
    code = await hall.signed_in(at=NOON - timedelta(minutes=14))
    assert hall.step_up.confirm("huda", code) is None
    hall.now += A_MINUTE
    assert hall.step_up.opened_at("huda") is None


async def test_the_code_may_be_typed_with_arabic_digits_and_blanks(hall: Hall) -> None:
    code = await hall.signed_in()
    typed = code.translate({ord(str(n)): chr(0x0660 + n) for n in range(10)})
    assert hall.step_up.confirm("huda", f" {typed[:3]} {typed[3:]} ") is None


async def test_the_page_is_asked_for_the_person_and_with_a_challenge(hall: Hall) -> None:
    hall.state(hall.step_up.begin("huda"))
    asked = hall.entrance.asked
    assert asked["hint"] == OFFICE.people["huda"].upn
    assert len({*asked.values()}) == 4


async def test_a_link_that_some_program_looks_at_first_is_good_still(hall: Hall) -> None:
    ticket = hall.step_up.begin("huda")
    assert hall.state(ticket) == hall.state(ticket)


# ---------------------------------------------------------------- who did not


async def test_a_return_is_good_once(hall: Hall) -> None:
    ticket = hall.step_up.begin("huda")
    state = hall.state(ticket)
    await hall.step_up.returned(ticket, state, hall.entrance.signs_in("huda"))
    with pytest.raises(NotSignedIn) as error:
        await hall.step_up.returned(ticket, state, hall.entrance.signs_in("huda"))
    assert hall.refused(error) == "sign_in.over"


async def test_a_return_that_came_to_nothing_is_used_up_as_well(hall: Hall) -> None:
    ticket = hall.step_up.begin("huda")
    state = hall.state(ticket)
    code = hall.entrance.signs_in("huda")
    hall.entrance.down = Unavailable("Entra is away")
    with pytest.raises(Unavailable):
        await hall.step_up.returned(ticket, state, code)
    hall.entrance.down = None
    with pytest.raises(NotSignedIn) as error:
        await hall.step_up.returned(ticket, state, code)
    assert hall.refused(error) == "sign_in.over"


async def test_somebody_elses_sign_in_opens_nothing_for_anybody(hall: Hall) -> None:
    ticket = hall.step_up.begin("huda")
    with pytest.raises(NotSignedIn) as error:
        await hall.step_up.returned(ticket, hall.state(ticket), hall.entrance.signs_in("omar"))
    assert hall.refused(error) == "sign_in.somebody_else"
    assert hall.step_up.confirm("huda", "000000") == "sign_in.no_code"
    assert hall.step_up.confirm("omar", "000000") == "sign_in.no_code"


async def test_a_browser_that_did_not_begin_cannot_end(hall: Hall) -> None:
    """Somebody is sent to the page by a link that another made: they come back without that one's ticket."""
    huda, omar = hall.step_up.begin("huda"), hall.step_up.begin("omar")
    state = hall.state(omar)
    for ticket in (huda, "", "huda.", "huda.token-9", "x" * 10_000):
        with pytest.raises(NotSignedIn) as error:
            await hall.step_up.returned(ticket, state, hall.entrance.signs_in("omar"))
        assert hall.refused(error) == "sign_in.other_browser"


async def test_a_state_that_was_never_given_is_refused(hall: Hall) -> None:
    ticket = hall.step_up.begin("huda")
    hall.state(ticket)
    for state in ("", "a", "١٢٣", ticket):
        with pytest.raises(NotSignedIn):
            await hall.step_up.returned(ticket, state, hall.entrance.signs_in("huda"))


async def test_a_code_of_another_sign_in_is_no_proof(hall: Hall) -> None:
    """Its nonce and its challenge are those of the other."""
    first = hall.step_up.begin("huda")
    hall.state(first)
    stolen = hall.entrance.signs_in("huda")
    second = hall.step_up.begin("huda")
    with pytest.raises(NotSignedIn) as error:
        await hall.step_up.returned(second, hall.state(second), stolen)
    assert hall.refused(error) == "sign_in.refused"


async def test_an_old_sign_in_or_one_of_tomorrow_opens_nothing(hall: Hall) -> None:
    for at in (NOON - timedelta(minutes=15), NOON - timedelta(days=1), NOON + timedelta(minutes=6)):
        with pytest.raises(NotSignedIn) as error:
            await hall.signed_in(at=at)
        assert hall.refused(error) == "sign_in.too_old"


async def test_a_sign_in_a_little_ahead_of_our_clock_counts_from_now(hall: Hall) -> None:
    code = await hall.signed_in(at=NOON + timedelta(minutes=2))
    assert hall.step_up.confirm("huda", code) is None
    assert hall.step_up.opened_at("huda") == NOON


async def test_whoever_says_no_on_the_page_is_not_signed_in(hall: Hall) -> None:
    ticket = hall.step_up.begin("huda")
    with pytest.raises(NotSignedIn) as error:
        await hall.step_up.returned(ticket, hall.state(ticket), "")
    assert hall.refused(error) == "sign_in.refused"


async def test_a_ticket_lasts_ten_minutes_and_only_the_newest_is_good(hall: Hall) -> None:
    old, new = hall.step_up.begin("huda"), hall.step_up.begin("huda")
    with pytest.raises(NotSignedIn):
        hall.step_up.address(old)
    hall.step_up.address(new)
    hall.now += TICKET_LASTS
    with pytest.raises(NotSignedIn):
        hall.step_up.address(new)


async def test_somebody_who_left_gets_no_page(hall: Hall) -> None:
    ticket = hall.step_up.begin("nobody")
    with pytest.raises(NotSignedIn):
        hall.step_up.address(ticket)


async def test_another_persons_code_opens_nothing(hall: Hall) -> None:
    """Somebody who asked in their own chat and had another sign in cannot use what the other was shown."""
    code = await hall.signed_in("omar")
    assert hall.step_up.confirm("huda", code) == "sign_in.no_code"
    await hall.signed_in("huda")
    assert hall.step_up.confirm("huda", code) == "sign_in.wrong_code"


async def test_a_code_is_good_once_and_for_minutes(hall: Hall) -> None:
    code = await hall.signed_in()
    assert hall.step_up.confirm("huda", code) is None
    assert hall.step_up.confirm("huda", code) == "sign_in.no_code"
    late = await hall.signed_in()
    hall.now += TICKET_LASTS
    assert hall.step_up.confirm("huda", late) == "sign_in.no_code"


async def test_a_code_cannot_be_guessed(hall: Hall) -> None:
    code = await hall.signed_in()
    wrong = f"{(int(code) + 1) % 10**CODE_DIGITS:0{CODE_DIGITS}d}"
    for _ in range(MOST_TRIES):
        assert hall.step_up.confirm("huda", wrong) == "sign_in.wrong_code"
    assert hall.step_up.confirm("huda", code) == "sign_in.too_many"
    assert hall.step_up.opened_at("huda") is None


async def test_beginning_anew_takes_the_code_and_leaves_what_is_open(hall: Hall) -> None:
    first = await hall.signed_in()
    assert hall.step_up.confirm("huda", first) is None
    code = await hall.signed_in()
    hall.step_up.begin("huda")
    assert hall.step_up.confirm("huda", code) == "sign_in.no_code"
    assert hall.step_up.opened_at("huda") == NOON


async def test_nothing_that_is_kept_can_be_used(hall: Hall) -> None:
    """Neither the ticket nor what goes to Entra's token endpoint nor the code stands in the store."""
    ticket = hall.step_up.begin("huda")
    hall.state(ticket)
    kept = repr(hall.store.read(lambda tx: tx.sign_in("huda")))
    for secret in (ticket, "token-1", hall.entrance.asked["nonce"], hall.entrance.asked["challenge"]):
        assert secret not in kept
    code = await hall.signed_in()
    assert code not in repr(hall.store.read(lambda tx: tx.sign_in("huda")))


async def test_without_an_app_to_sign_in_to_nothing_opens(hall: Hall) -> None:
    closed = StepUp(hall.store, hall.clock, lambda: "t", None)
    ticket = closed.begin("huda")
    with pytest.raises(NotSignedIn) as error:
        closed.address(ticket)
    assert hall.refused(error) == "sign_in.none"
    assert not closed.possible
