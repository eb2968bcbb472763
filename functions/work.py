################################################################
# The workers: what the queues ring for, and the timers
################################################################
#
# Every job here may come twice, late, or not at all: the first is harmless, and timers make up for the others.
# House parts are imported when a job runs: indexing must load neither a database driver nor an SDK.

import asyncio
import json
import logging
import typing

import azure.functions as func

from functions.bells import BELL, visit

bp = func.Blueprint()
log = logging.getLogger("tarasul.work")


@bp.queue_trigger("message", queue_name="intake", connection="AzureWebJobsStorage")
@bp.queue_output("effects", queue_name="effects", connection="AzureWebJobsStorage")
@bp.queue_output("again", queue_name="intake", connection="AzureWebJobsStorage")
async def look_into_mailbox(
    message: func.QueueMessage, effects: func.Out[typing.List[str]], again: func.Out[typing.List[str]]
) -> None:
    """Bring the register up to date with one mailbox, or the office with the directory; before that, do what a
    lifecycle notification demands. Where there is more than one visit takes, ring again."""
    from app.wiring import house
    from graph.notifications import DIRECTORY

    ask = json.loads(message.get_body())
    if "subscription_id" in ask:
        await house().subscriber.hear(ask["subscription_id"], ask["cause"])
    if ask["mailbox"] == DIRECTORY:
        await house().directory_rang()
        return
    if (looks := await house().drive_rang(ask["mailbox"])) is not None:
        effects.set([BELL] if looks else [])
        return
    await house().office_known()
    done = await house().intake.visit(ask["mailbox"])
    effects.set([BELL] if done.taken else [])
    again.set([visit(ask["mailbox"], "more")] if done.more else [])


@bp.queue_trigger("message", queue_name="effects", connection="AzureWebJobsStorage")
@bp.queue_output("effects", queue_name="effects", connection="AzureWebJobsStorage")
async def perform_effects(message: func.QueueMessage, effects: func.Out[typing.List[str]]) -> None:
    """Perform what is due, and ring again where there is more than one run takes."""
    from app.wiring import house

    await house().performer.perform_due()
    effects.set([BELL] if house().effects_due() else [])


@bp.timer_trigger("timer", schedule="*/30 * * * * *", run_on_startup=False)
@bp.queue_output("effects", queue_name="effects", connection="AzureWebJobsStorage")
def ring_for_effects(timer: func.TimerRequest, effects: func.Out[typing.List[str]]) -> None:
    """Ring for effects whose time has come, and for those whose bell was lost."""
    from app.wiring import house

    effects.set([BELL] if house().effects_due() else [])


# At every start too: without people nobody can be asked, without a subscription nobody rings.
@bp.timer_trigger("timer", schedule="0 */5 * * * *", run_on_startup=True)
@bp.queue_output("intake", queue_name="intake", connection="AzureWebJobsStorage")
async def keep_subscriptions(timer: func.TimerRequest, intake: func.Out[typing.List[str]]) -> None:
    """Keep a subscription alive for each folder that is followed; what was made anew is followed by a visit."""
    from app.wiring import house

    await house().office_known()
    await house().directory_looked_at()
    await house().intake.folders.look()
    made = await house().subscriber.keep()
    intake.set([visit(mailbox, "subscribed") for mailbox in made])


@bp.timer_trigger("timer", schedule="30 */10 * * * *", run_on_startup=False)
@bp.queue_output("intake", queue_name="intake", connection="AzureWebJobsStorage")
def ring_for_mailboxes(timer: func.TimerRequest, intake: func.Out[typing.List[str]]) -> None:
    """Visit every mailbox, whether or not anybody rang."""
    from app.settings import settings

    intake.set([visit(mailbox, "timer") for mailbox in settings().registry_mailboxes])


@bp.timer_trigger("timer", schedule="45 */5 * * * *", run_on_startup=False)
@bp.queue_output("effects", queue_name="effects", connection="AzureWebJobsStorage")
async def remind_of_what_is_due(timer: func.TimerRequest, effects: func.Out[typing.List[str]]) -> None:
    """Recall what is not done in time to whoever holds it, and to whoever stands above them."""
    from app.wiring import house

    effects.set([BELL] if await house().reminders.look() else [])


@bp.timer_trigger("timer", schedule="10 */2 * * * *", run_on_startup=False)
@bp.queue_output("effects", queue_name="effects", connection="AzureWebJobsStorage")
async def look_for_edits(timer: func.TimerRequest, effects: func.Out[typing.List[str]]) -> None:
    """Ask the drives that hold open drafts what changed."""
    from app.wiring import house

    effects.set([BELL] if house().settings.drafts_in_word and await house().draft_watch.look() else [])


@bp.timer_trigger("timer", schedule="20 * * * * *", run_on_startup=False)
@bp.queue_output("effects", queue_name="effects", connection="AzureWebJobsStorage")
async def keep_delegations(timer: func.TimerRequest, effects: func.Out[typing.List[str]]) -> None:
    """Begin and end delegations whose time has come, and move the cards of what waits."""
    from app.wiring import house

    effects.set([BELL] if await house().delegations.look() else [])


@bp.timer_trigger("timer", schedule="0 25 * * * *", run_on_startup=False)
@bp.queue_output("effects", queue_name="effects", connection="AzureWebJobsStorage")
async def look_for_absences(timer: func.TimerRequest, effects: func.Out[typing.List[str]]) -> None:
    """Ask whoever is away, as their automatic reply says, who acts for them."""
    from app.wiring import house

    effects.set([BELL] if await house().away.look() else [])


@bp.timer_trigger("timer", schedule="20 */5 * * * *", run_on_startup=False)
@bp.queue_output("effects", queue_name="effects", connection="AzureWebJobsStorage")
async def tell_what_waits(timer: func.TimerRequest, effects: func.Out[typing.List[str]]) -> None:
    """When the day's work has begun, tell everybody what waits for them."""
    from app.wiring import house

    effects.set([BELL] if await house().digests.look() else [])


@bp.timer_trigger("timer", schedule="0 15 * * * *", run_on_startup=False)
@bp.queue_output("effects", queue_name="effects", connection="AzureWebJobsStorage")
async def read_directory(timer: func.TimerRequest, effects: func.Out[typing.List[str]]) -> None:
    """Keep the people and units as the directory has them; what waits for whoever has left goes to others."""
    from app.wiring import house

    await house().people.refresh()
    effects.set([BELL] if await house().leavers.look() else [])


@bp.timer_trigger("timer", schedule="15 * * * * *", run_on_startup=False)
@bp.queue_output("effects", queue_name="effects", connection="AzureWebJobsStorage")
async def count_the_day(timer: func.TimerRequest, effects: func.Out[typing.List[str]]) -> None:
    """Count the days that are due: the proof that nothing is missing; and state those that are over."""
    from app.wiring import house

    await house().office_known()
    for day in await asyncio.to_thread(house().reconciler.days_due):
        await house().reconciler.count(day)
    await house().statements.state_due()
    effects.set([BELL] if house().effects_due() else [])
