"""The app comes to everybody of a ministry, each once, however often the run is cut short."""

import json

from registry.errors import Throttled
from service.annexes import Annexes
from service.letters import Letters
from service.people import People, read_organisation
from service.perform import Performer
from service.take import Taker
from tests.fakes.archive import FakeArchive
from tests.fakes.chats import FakeChats
from tests.fakes.directory import FakeDirectory
from tests.fakes.installs import FakeInstalls
from tests.fakes.shared_files import FakeSharedFiles
from tests.fakes.store import FakeStore
from tests.service.house import LEASE_S, Registry, chat_of
from tests.service.test_people import ORGANISATION, person
from tests.values import KUWAIT, MAILBOX

THE_MINISTRY = 3_972  # employees, as Kuwait's Ministry of Finance had them in 2025


class Killed(BaseException):
    """The process is no more."""


class Ministry:
    """Everybody, and a process that may be killed in the middle of its work."""

    def __init__(self, house: Registry, people: int) -> None:
        self.house, self.store, self.installs = house, FakeStore(), FakeInstalls()
        self.directory = FakeDirectory([person(f"p{number:04}", "Fin") for number in range(people)])
        organisation = read_organisation(json.dumps(ORGANISATION), [MAILBOX])
        self.people = People(self.store, self.directory, organisation, KUWAIT, house.clock)

    def performer(self, owner: str) -> Performer:
        return Performer(
            self.store,
            Taker(self.store, self.house.clock),
            self.house.clock,
            owner=owner,
            mailboxes={},
            chats=FakeChats(),
            installs=self.installs,
            annexes=Annexes(FakeArchive(), FakeSharedFiles()),
            letters=Letters(self.store, FakeArchive(), {}),
            lease_s=LEASE_S,
        )


async def test_everybody_has_the_app_once_although_the_run_is_killed_again_and_again(house: Registry) -> None:
    ministry = Ministry(house, THE_MINISTRY)
    await ministry.people.refresh()
    calls, install = 0, ministry.installs.install

    async def dying(who: str) -> bool:
        nonlocal calls
        calls += 1
        done = await install(who)
        if calls % 700 == 0:
            raise Killed
        return done

    ministry.installs.install = dying  # type: ignore[method-assign]
    kills = 0
    while True:
        try:
            if not await ministry.performer(f"after {kills} kills").perform_due():
                break
        except Killed:
            kills += 1
            house.later(LEASE_S + 1)
    assert kills == THE_MINISTRY // 700
    assert sorted(ministry.installs.installed) == [one.person_id for one in ministry.directory.members]
    assert calls <= THE_MINISTRY + kills * 8  # what was under way when it died is asked again, and is there already


async def test_a_second_look_at_the_directory_installs_nothing_again_and_who_comes_later_gets_it(
    house: Registry,
) -> None:
    ministry = Ministry(house, 3)
    await ministry.people.refresh()
    await ministry.performer("first").perform_due()
    ministry.installs.installed.clear()  # they take it out again
    ministry.directory.members.append(person("new", "Fin"))
    await ministry.people.refresh()
    await ministry.people.refresh()
    await ministry.performer("second").perform_due()
    assert ministry.installs.installed == ["new"]


async def test_who_has_a_chat_with_us_has_the_app(house: Registry) -> None:
    ministry = Ministry(house, 2)
    chat = chat_of("p0000")
    ministry.store.write(lambda tx: tx.save_conversation(chat, house.now))
    await ministry.people.refresh()
    await ministry.performer("first").perform_due()
    assert ministry.installs.installed == ["p0001"]


async def test_somebody_without_teams_holds_up_nobody(house: Registry) -> None:
    ministry = Ministry(house, 3)
    ministry.installs = FakeInstalls(without_teams=frozenset({"p0000"}))
    await ministry.people.refresh()
    await ministry.performer("first").perform_due()
    assert ministry.installs.installed == ["p0001", "p0002"]
    assert [kind for _, _, kind, _ in ministry.store.read(lambda tx: tx.stuck())] == ["InstallApp"]


async def test_who_is_throttled_waits_and_goes_on(house: Registry) -> None:
    ministry = Ministry(house, 3)
    ministry.installs.faults.add("install", Throttled(30), times=3)
    await ministry.people.refresh()
    await ministry.performer("first").perform_due()
    assert ministry.installs.installed == []
    house.later(31)
    await ministry.performer("first").perform_due()
    assert sorted(ministry.installs.installed) == ["p0000", "p0001", "p0002"]


async def test_where_the_ministry_does_not_want_it_nobody_gets_it_unasked(house: Registry) -> None:
    ministry = Ministry(house, 3)
    organisation = read_organisation(json.dumps(ORGANISATION), [MAILBOX])
    ministry.people = People(ministry.store, ministry.directory, organisation, KUWAIT)
    await ministry.people.refresh()
    await ministry.performer("first").perform_due()
    assert ministry.installs.installed == []
