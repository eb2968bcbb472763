"""Graph knocks here. A notification is a hint that something changed, never a fact.

This door imports no database driver and no SDK but `azure.functions`: it must answer within 3 s of a cold start.
"""

import json
import typing

import azure.functions as func

from app.settings import settings
from graph.notifications import DIRECTORY, read_hints, read_lifecycle

bp = func.Blueprint()

_LONGEST_TOKEN = 4_096  # characters


@bp.route("graph/notifications", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@bp.queue_output("intake", queue_name="intake", connection="AzureWebJobsStorage")
def receive_notifications(req: func.HttpRequest, intake: func.Out[typing.List[str]]) -> func.HttpResponse:
    """202 whatever the items are worth: nobody learns here which clientState is right. 5xx only if not queued."""
    if (echo := _echo(req)) is not None:
        return echo
    known = settings()
    hints = read_hints(req.get_body(), known.client_state_keys, (*known.registry_mailboxes, DIRECTORY))
    intake.set([json.dumps({"mailbox": hint.mailbox, "cause": hint.cause}) for hint in hints])
    return func.HttpResponse(status_code=202)


@bp.route("graph/lifecycle", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@bp.queue_output("intake", queue_name="intake", connection="AzureWebJobsStorage")
def receive_lifecycle(req: func.HttpRequest, intake: func.Out[typing.List[str]]) -> func.HttpResponse:
    """Every lifecycle event is followed by a visit to the mailbox: what happened in the gap rang nobody."""
    if (echo := _echo(req)) is not None:
        return echo
    known = settings()
    hints = read_lifecycle(req.get_body(), known.client_state_keys, (*known.registry_mailboxes, DIRECTORY))
    intake.set(
        [
            json.dumps({"mailbox": hint.mailbox, "cause": hint.event, "subscription_id": hint.subscription_id})
            for hint in hints
        ]
    )
    return func.HttpResponse(status_code=202)


def _echo(req: func.HttpRequest) -> func.HttpResponse | None:
    """The token by which Graph makes sure that an address is ours, as plain text; None where there is none, or one that
    is longer than any of Graph's. Graph's have no angle brackets: those of others come back harmless."""
    token = req.params.get("validationToken")
    if token is None or len(token) > _LONGEST_TOKEN:
        return None
    harmless = token.replace("<", "&lt;").replace(">", "&gt;")
    return func.HttpResponse(harmless, mimetype="text/plain", headers={"X-Content-Type-Options": "nosniff"})
