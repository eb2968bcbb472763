"""Where the Word files of open drafts lie: for as long as what is written there matters."""

from registry.circuit_commands import Withdraw
from registry.commands import Command
from registry.decisions import Accepted
from registry.document_commands import NoteLost
from service.ports import Store
from service.take import Taker
from tests.circuit_values import draft
from tests.document_values import in_word, note_placed
from tests.values import NOON


def lying(store: Store) -> list[tuple[str, str, str]]:
    return store.read(lambda tx: tx.open_drafts())


def test_a_file_is_known_while_it_lies_there_and_its_draft_is_open(store: Store) -> None:
    store.write(lambda tx: tx.save_office(in_word()))
    taker, done = Taker(store, lambda: NOON), list[Command]()

    def take(command: Command) -> None:
        assert isinstance(taker.take(command, key=str(len(done))).decision, Accepted)
        done.append(command)

    take(draft("m1", kind="outgoing_letter", text="", addressees=(), party="ديوان المحاسبة"))
    assert lying(store) == []
    take(note_placed("f1"))
    assert lying(store) == [("d-omar", "f1", "m1")]
    take(NoteLost(record_id="m1", item="f1", reason="draft.gone"))
    assert lying(store) == []
    take(note_placed("f2"))
    assert lying(store) == [("d-omar", "f2", "m1")]
    take(Withdraw(record_id="m1", by="omar", note="لا حاجة"))
    assert lying(store) == []


def test_the_office_keeps_what_it_lays_down_of_documents(store: Store) -> None:
    office = in_word(restart="approve")
    store.write(lambda tx: tx.save_office(office))
    assert store.read(lambda tx: tx.office()).documents == office.documents
