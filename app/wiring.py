################################################################
# The house, put together: the one place where parts meet
################################################################
#
# Rule 1: every part is made once for each process, when it is first asked for; a door pays for what it uses.
# Rule 2: nothing is decided here.

import asyncio
import os
import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from app.log import set_up_log
from app.settings import ROOT, Settings, settings

if TYPE_CHECKING:
    from app.credentials import Identity
    from bot.channel import Channel
    from bot.chats import TeamsChats
    from bot.handlers import Bot
    from documents.templates import Templates
    from graph.client import GraphClient
    from graph.converting import GraphConverter
    from graph.downloads import LinkedFiles
    from graph.drafts import DriveDrafts
    from graph.entra import TokenChecker
    from graph.mailbox import OutlookMailbox
    from graph.shared_files import TenantFiles
    from service.absences import Away
    from service.comparing import Comparing
    from service.delegations import Delegations
    from service.deliveries import Deliveries
    from service.digest import Digests
    from service.draft_files import DraftFiles
    from service.draft_watch import DraftWatch
    from service.evidence import Evidence
    from service.handed import HandedFiles
    from service.intake import Intake
    from service.leavers import Leavers
    from service.links import Links
    from service.people import Organisation, People
    from service.perform import Performer
    from service.ports import Archive, Transaction
    from service.reconcile import Reconciler
    from service.reminders import Reminders
    from service.sealing import Sealing
    from service.service import Service
    from service.statement import Statements
    from service.step_up import StepUp
    from service.subscribe import Subscriber
    from service.take import Taker
    from service.verifying import Verifying
    from store.store import SqlStore


def clock() -> datetime:
    return datetime.now(UTC)


class part[T]:
    """A part of the house, made once, when first asked for, whichever thread asks."""

    def __init__(self, make: "Callable[[House], T]") -> None:
        self._make, self._name = make, make.__name__

    def __get__(self, house: "House", _: object = None) -> T:
        with house.building:
            if self._name not in house.parts:
                house.parts[self._name] = self._make(house)
            made: T = house.parts[self._name]
            return made


class House:
    """All the parts of one process."""

    def __init__(self, known: Settings) -> None:
        self.settings = known
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{clock():%H%M%S%f}"
        self.building = threading.RLock()
        self.parts: dict[str, Any] = {}
        self._knowing = asyncio.Lock()

    # ------------------------------------------------------------ what we keep

    @part
    def organisation(self) -> "Organisation":
        from registry.document import DocumentRules
        from service.people import load_organisation

        known = load_organisation(self.settings.organisation, ROOT, self.settings.registry_mailboxes)
        return known if self.settings.drafts_in_word else replace(known, documents=DocumentRules())

    @part
    def store(self) -> "SqlStore":
        from store.database import Database
        from store.migrate import migrate
        from store.store import SqlStore

        database = Database(self.settings.database_url)
        migrate(database)
        return SqlStore(database, self.organisation.entity_id)

    @part
    def archive(self) -> "Archive":
        from store.archive import open_archive

        url = self.settings.archive_url
        proves_itself = not url.startswith("http") or "sig=" in url
        return open_archive(url, None if proves_itself else self.identity.credential)

    @part
    def taker(self) -> "Taker":
        from service.take import Taker

        return Taker(self.store, clock)

    @part
    def service(self) -> "Service":
        from service.service import Service

        return Service(self.store, self.taker, clock, self.links)

    @part
    def links(self) -> "Links":
        from service.links import Links

        return Links(self.settings.graph_client_state, self.settings.public_url, clock)

    @part
    def comparing(self) -> "Comparing":
        from documents.word import words_of
        from service.comparing import Comparing

        return Comparing(self.service, self.archive, words_of)

    @part
    def deliveries(self) -> "Deliveries":
        from service.deliveries import Deliveries

        return Deliveries(self.store, self.taker, clock, self.archive)

    @part
    def evidence(self) -> "Evidence":
        from graph.mime import read_words
        from service.evidence import Evidence

        return Evidence(self.store, self.archive, clock, read_words)

    @part
    def verifying(self) -> "Verifying":
        from service.verifying import Verifying

        return Verifying(self.store)

    # ------------------------------------------------------------ Microsoft 365

    @part
    def identity(self) -> "Identity":
        from app.credentials import Identity

        return Identity(self.settings)

    @part
    def graph(self) -> "GraphClient":
        from app.credentials import graph_scope
        from graph.client import GraphClient, Manners
        from graph.turns import Together

        manners = Manners()
        share, elsewhere = manners.at_once, manners.at_once_elsewhere
        turns = Together(self.store, clock, self.owner, share=share, elsewhere=elsewhere)
        scope = graph_scope(self.settings)
        return GraphClient(self.settings.graph_base_url, self.identity, scope=scope, manners=manners, turns=turns)

    @part
    def mailboxes(self) -> "dict[str, OutlookMailbox]":
        from graph.mailbox import OutlookMailbox

        return {m: OutlookMailbox(self.graph, m, clock=clock) for m in self.settings.registry_mailboxes}

    @part
    def tokens(self) -> "TokenChecker":
        from graph.entra import TokenChecker

        known = self.settings
        audiences = {known.api_audience, known.azure_client_id}
        return TokenChecker(known.authority_url, known.azure_tenant_id, audiences, clock)

    @part
    def channel(self) -> "Channel":
        from app.credentials import bot_tokens
        from bot.channel import Channel
        from bot.pace import Pace, shared

        known = self.settings
        return Channel(
            app_id=known.bot_app_id,
            tenant_id=known.azure_tenant_id,
            token=bot_tokens(known, self.identity),
            openid_metadata_url=known.bot_openid_metadata_url,
            service_hosts=known.bot_service_hosts,
            pace=Pace(shared(self.store, clock, self.owner)),
        )

    @part
    def step_up(self) -> "StepUp":
        from app.credentials import sign_in_redeemer
        from graph.entra import TokenChecker
        from graph.sign_in import EntraSignIn
        from service.step_up import StepUp

        known, redeem = self.settings, sign_in_redeemer(self.settings)
        entrance = None
        if redeem is not None:
            checker = TokenChecker(known.authority_url, known.azure_tenant_id, {known.bot_app_id}, clock)
            page = f"{known.sign_in_url.rstrip('/')}/{known.azure_tenant_id}/oauth2/v2.0/authorize"
            back = f"{known.public_url.rstrip('/')}/api/sign-in/done"
            entrance = EntraSignIn(page, known.bot_app_id, back, redeem, checker)
        return StepUp(self.store, clock, self.taker.chance.new_token, entrance)

    @part
    def bot(self) -> "Bot":
        from bot.handlers import Bot

        known = self.settings
        return Bot(
            self.channel, self.service, self.deliveries, self.handed, step_up=self.step_up, public_url=known.public_url
        )

    @part
    def downloads(self) -> "LinkedFiles":
        from graph.downloads import LinkedFiles

        return LinkedFiles(self.settings.sharepoint_hosts)

    @part
    def shared_files(self) -> "TenantFiles":
        from graph.shared_files import TenantFiles

        return TenantFiles(self.graph, self.downloads, allowed=self.settings.read_shared_links)

    @part
    def drives(self) -> "DriveDrafts":
        from graph.drafts import DriveDrafts

        known = self.settings
        return DriveDrafts(self.graph, self.downloads, app_id=known.azure_client_id, library=known.library_drive_id)

    @part
    def converter(self) -> "GraphConverter":
        from graph.converting import GraphConverter

        return GraphConverter(self.graph, self.downloads, self.settings.library_drive_id, clock)

    @part
    def handed(self) -> "HandedFiles":
        from service.handed import HandedFiles

        return HandedFiles(self.archive, self.downloads, self.shared_files)

    # ------------------------------------------------------------ the work

    @part
    def intake(self) -> "Intake":
        from service.intake import MAILS_OF_A_VISIT, Intake

        return Intake(
            self.store,
            self.taker,
            clock,
            self.archive,
            self.mailboxes,
            owner=self.owner,
            lease_s=self.settings.lease_s,
            named_folders=self.settings.mail_folders,
            most=MAILS_OF_A_VISIT,
        )

    @part
    def templates(self) -> "Templates":
        from documents.templates import Templates

        return Templates(self.settings.templates_dir and str(ROOT / self.settings.templates_dir))

    @part
    def sealing(self) -> "Sealing":
        from app.sealing import entity_seal
        from documents.letters import Letters
        from service.sealing import Sealing

        return Sealing(
            self.store,
            self.archive,
            clock,
            paper=Letters(self.templates),
            converter=self.converter,
            signer=entity_seal(self.settings, clock),
            public_url=self.settings.public_url,
        )

    @part
    def performer(self) -> "Performer":
        from graph.installs import GraphInstalls
        from service.annexes import Annexes
        from service.letters import Letters
        from service.perform import Performer

        return Performer(
            self.store,
            self.taker,
            clock,
            owner=self.owner,
            mailboxes=self.mailboxes,
            chats=self.chats,
            installs=GraphInstalls(self.graph, self.settings.teams_app_id),
            annexes=Annexes(self.archive, self.shared_files),
            sealing=self.sealing,
            letters=Letters(self.store, self.archive, self.mailboxes),
            lease_s=self.settings.lease_s,
            others=self.draft_files.ways() if self.settings.drafts_in_word else {},
        )

    @part
    def chats(self) -> "TeamsChats":
        from bot.chats import TeamsChats

        return TeamsChats(self.channel, clock, self.settings.bot_service_url)

    @part
    def draft_files(self) -> "DraftFiles":
        from documents.beginnings import beginnings
        from documents.word import unfit_of
        from service.draft_files import DraftFiles

        return DraftFiles(
            self.store,
            self.taker,
            clock,
            self.archive,
            self.drives,
            self.chats,
            beginnings(self.templates),
            self.converter if self.settings.library_drive_id else None,
            opens=self.downloads.may_fetch,
            examine=unfit_of,
            folders=self.settings.draft_folders,
        )

    @part
    def draft_watch(self) -> "DraftWatch":
        from service.draft_watch import DraftWatch

        return DraftWatch(self.store, self.drives, clock, self.taker.chance)

    @part
    def delegations(self) -> "Delegations":
        from service.delegations import Delegations

        return Delegations(self.store, clock, self.taker.chance)

    @part
    def away(self) -> "Away":
        from graph.absences import OutlookAbsences
        from service.absences import Away

        return Away(self.store, OutlookAbsences(self.graph), clock, self.taker.chance)

    @part
    def leavers(self) -> "Leavers":
        from service.leavers import Leavers

        return Leavers(self.store, self.taker)

    @part
    def reminders(self) -> "Reminders":
        from service.reminders import Reminders

        return Reminders(self.store, self.taker, clock)

    @part
    def digests(self) -> "Digests":
        from service.digest import Digests

        return Digests(self.store, clock)

    @part
    def people(self) -> "People":
        from graph.directory import GraphDirectory
        from service.draft_access import people_moved
        from service.people import People

        introduces = clock if self.settings.install_for_everyone else None
        directory, zone = GraphDirectory(self.graph), self.settings.time_zone
        moved = partial(people_moved, clock, self.taker.chance)
        return People(self.store, directory, self.organisation, zone, introduces, moved)

    @part
    def subscriber(self) -> "Subscriber":
        from graph.notifications import fingerprint, state_of
        from graph.subscriptions import GraphSubscriptions
        from service.subscribe import Subscriber

        known = self.settings
        here = f"{known.public_url.rstrip('/')}/api/graph"
        made_under = f"?key={fingerprint(known.graph_client_state)}"
        subscriptions = GraphSubscriptions(
            self.graph,
            f"{here}/notifications{made_under}",
            f"{here}/lifecycle{made_under}",
            partial(state_of, known.graph_client_state),
            clock,
        )
        return Subscriber(self.store, subscriptions, clock, known.registry_mailboxes, self.rings_besides)

    @part
    def reconciler(self) -> "Reconciler":
        from service.reconcile import Reconciler

        return Reconciler(self.store, self.intake, clock, self.mailboxes, self.settings.time_zone)

    @part
    def statements(self) -> "Statements":
        from app.signing import signer
        from service.statement import Statements

        known = self.settings
        return Statements(
            self.store,
            self.archive,
            self.reconciler,
            clock,
            known.time_zone,
            sign=signer(known.statement_key) if known.statement_key else None,
            operators=known.operators,
        )

    # ------------------------------------------------------------ what doors ask of the whole

    async def office_known(self) -> None:
        """Read the directory if nobody ever did: without people nothing can be put before anybody."""
        async with self._knowing:
            if (await asyncio.to_thread(self.service.office)).version == 0:
                await self.people.refresh()

    def rings_besides(self, tx: "Transaction") -> list[str]:
        """What rings beside the mailboxes: the directory, and the drives that hold open drafts."""
        from graph.notifications import DIRECTORY
        from service.subscribe import drive_resource

        watched = self.settings.drafts_in_word and self.settings.watch_drives
        drives = dict.fromkeys(drive for drive, _, _ in tx.open_drafts()) if watched else {}
        return [DIRECTORY, *map(drive_resource, drives)]

    async def drive_rang(self, rang: str) -> int | None:
        """A drive rang: how many drafts in it are to be looked at. None where no drive did."""
        from graph.notifications import DRIVE, drive_of

        if not rang.startswith((DRIVE, "drives/")):
            return None
        held = await asyncio.to_thread(self.store.read, lambda tx: tx.open_drafts())
        drive = drive_of(rang, {drive for drive, _, _ in held})
        return await self.draft_watch.look([drive]) if drive is not None else 0

    async def directory_rang(self) -> None:
        await self.people.rang(clock())

    async def directory_looked_at(self) -> None:
        await self.people.look(clock())

    def effects_due(self) -> bool:
        """Whether an effect waits whose time has come."""
        due_at = self.store.read(lambda tx: tx.next_due_at())
        return due_at is not None and due_at <= clock()

    def not_ready(self) -> list[str]:
        """What is missing before a letter that arrives now would be registered and put before somebody."""
        from registry.errors import TarasulError

        try:
            office, subscribed = self.store.read(lambda tx: (tx.office(), tx.subscriptions()))
        except TarasulError as error:
            return [f"database: {error}"]
        missing = [] if office.version else ["people: the directory was not read yet"]
        alive = {s.mailbox for s in subscribed if s.expires_at > clock()}
        missing += [
            f"subscription: {m} has none that is alive" for m in self.settings.registry_mailboxes if m not in alive
        ]
        return missing + [f"mail: {m} was last read at {at:%Y-%m-%dT%H:%MZ}" for m, at in self.intake.folders.unread()]


@lru_cache(maxsize=1)
def house() -> House:
    """The house of this process. Raises Misconfigured where the settings are not good."""
    known = settings()
    set_up_log(known.log_level)
    return House(known)
