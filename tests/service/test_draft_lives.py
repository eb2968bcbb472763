################################################################
# The life of a draft, for all orders of what people do to its file and of what fails meanwhile
################################################################
#
# Rule 1: whoever's turn it is presses, anybody edits, deletes, opens, leaves; drives and converters fail, before and
#         after they did what was asked.
# Rule 2: what must hold is said from the sheet, the archive and the drives, without the code that decides.
# Rule 3: when the weather is over, what is in the drive is what the office knows, and the letter can be issued.

import hashlib

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from registry.circuit_commands import Submit
from registry.commands import Recall, Return
from registry.document_events import Frozen
from registry.errors import Throttled, Unavailable
from registry.record import holders
from service.drafts_port import DraftPlace
from tests import draft_laws
from tests.document_values import in_word
from tests.draft_house import DraftHouse

METHODS = ("place", "read", "look", "set_access", "changes")
_PEOPLE = ("omar", "salem", "huda", "hessa")


class Life(RuleBasedStateMachine):
    """Omar's letter in Word."""

    @initialize(
        restart=st.sampled_from(["first", "approve", "drafter"]),
        library=st.booleans(),
        fails=st.sampled_from([None, ("place", False), ("place", True), ("read", False), ("set_access", True)]),
        pressed=st.integers(0, 3),
    )
    def it_is_begun(self, restart: str, library: bool, fails: tuple[str, bool] | None, pressed: int) -> None:
        """… and has come some of its way, in whatever weather."""
        self.house = DraftHouse(in_word(restart=restart), library=library)
        self.library = library
        self.house.begin()
        self.words = 0
        self.written: dict[DraftPlace, bytes] = {}
        self.left = False
        self.numbered = False
        if fails is not None:
            self.house.drafts.faults.add(fails[0], Unavailable("504"), done=fails[1])
        for _ in range(pressed):
            self.house.go(2)
            self.house.press()
        self.house.perform()

    def is_there(self) -> bool:
        document = self.house.record.document
        return document is not None and self.house.place in self.house.drafts.files

    # ------------------------------------------------------------ what people do

    @rule()
    def whose_turn_it_is_goes_on(self) -> None:
        self.house.press()

    @rule(seconds=st.sampled_from([1.0, 70.0]))
    def it_goes_on_and_what_follows_is_done(self, seconds: float) -> None:
        self.house.press()
        self.house.later(seconds)
        self.house.perform()

    @rule()
    def somebody_presses_twice(self) -> None:
        turn = next(iter(holders(self.house.record)), None)
        self.house.press()
        if turn is not None and turn.person is not None:
            self.house.take(Submit(record_id="m1", step=turn.step, by=turn.person))

    @rule()
    def whose_turn_it_is_sends_it_back(self) -> None:
        turn = next(iter(holders(self.house.record)), None)
        if turn is not None and turn.person is not None:
            self.house.take(Return(record_id="m1", step=turn.step, by=turn.person, note="للتعديل"))

    @rule()
    def its_drafter_takes_it_back(self) -> None:
        record = self.house.record
        self.house.take(Recall(record_id="m1", step=len(record.steps), by="omar"))

    @precondition(lambda self: self.is_there())
    @rule(editor=st.sampled_from([*_PEOPLE, "a-stranger"]))
    def somebody_edits_the_file(self, editor: str) -> None:
        self.words += 1
        self.house.edit(f"كلمات {self.words}", editor)
        self.written[self.house.place] = self.house.file.body

    @precondition(lambda self: self.is_there())
    @rule()
    def somebody_deletes_the_file(self) -> None:
        self.written.pop(self.house.place, None)
        self.house.drafts.delete(self.house.place)

    @precondition(lambda self: self.is_there())
    @rule(times=st.integers(1, 3), who=st.sampled_from([*_PEOPLE, None, "a-stranger"]))
    def somebody_has_it_open(self, times: int, who: str | None) -> None:
        self.house.drafts.open_for(self.house.place, times, who)

    @precondition(lambda self: not self.left and self.library)
    @rule()
    def its_drafter_leaves(self) -> None:
        self.left = True
        self.written = {place: body for place, body in self.written.items() if place.drive != "drive-of-omar"}
        self.house.leaves("omar")

    # ------------------------------------------------------------ what fails, what goes by itself

    @rule(method=st.sampled_from(METHODS), done=st.booleans(), busy=st.booleans())
    def a_drive_fails(self, method: str, done: bool, busy: bool) -> None:
        done = done and method in ("place", "set_access")
        self.house.drafts.faults.add(method, Throttled(5) if busy else Unavailable("504"), done=done)

    @rule(done=st.booleans())
    def the_converter_or_the_archive_fails(self, done: bool) -> None:
        self.house.converter.faults.add("pdf", Unavailable("503"))
        self.house.archive.faults.add("put", Unavailable("500"), done=done)

    @rule(seconds=st.sampled_from([1.0, 70.0, 400.0]))
    def time_passes(self, seconds: float) -> None:
        self.house.later(seconds)

    @rule()
    def effects_are_performed(self) -> None:
        self.house.perform()

    @rule()
    def the_drives_are_asked(self) -> None:
        self.house.run(self.house.watch.look())

    # ------------------------------------------------------------ what must hold always

    @invariant()
    def what_must_hold_of_every_draft_holds(self) -> None:
        draft_laws.check(self.house)

    @invariant()
    def it_is_somebodys_turn_as_long_as_it_is_open(self) -> None:
        record = self.house.record
        assert bool(holders(record)) != record.ended

    @invariant()
    def no_file_is_made_twice_and_none_is_overwritten(self) -> None:
        made = self.house.drafts.made
        assert len(made) == len(set(made))
        for place, body in self.written.items():
            assert self.house.drafts.files[place].body == body

    @invariant()
    def an_edit_that_lay_in_the_drive_is_seen_before_the_last_signature_counts(self) -> None:
        numbered = self.house.record.serial is not None
        if numbered and not self.numbered and self.house.place in self.written:
            there = hashlib.sha256(self.written[self.house.place]).hexdigest()
            assert there == [e.sha256 for e in self.house.events if isinstance(e, Frozen)][-1]
        self.numbered = numbered

    def teardown(self) -> None:
        if not hasattr(self, "house"):
            return
        house = self.house
        house.drafts.faults.__init__()  # type: ignore[misc]
        house.archive.faults.__init__()  # type: ignore[misc]
        house.converter.faults.__init__()  # type: ignore[misc]
        house.drafts.close_all()
        house.go(20, 600)
        assert house.stuck == []
        record = house.record
        if record.is_draft and not record.ended:
            document = record.document
            assert document is not None
            assert record.pending is None, "a press waits for ever"
            assert document.held is None
            assert hashlib.sha256(house.file.body).hexdigest() == document.sha256
            turn = holders(record)[0]
            may = house.file.writers if turn.asked == "for_drafting" else house.file.readers
            owner = house.place.drive.removeprefix("drive-of-")
            assert turn.person in (None, owner) or turn.person in may
        for _ in range(8):
            house.press()
            house.go(3)
        assert self.left or house.record.serial == 1


def test_whatever_becomes_of_the_file_nothing_is_lost_doubled_or_overwritten() -> None:
    plays = settings(max_examples=35, stateful_step_count=20, deadline=None)
    run_state_machine_as_test(Life, settings=plays)
