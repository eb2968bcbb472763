################################################################
# How much Microsoft Graph takes: every limit, once
################################################################
#
# Rule 1: what Microsoft limits stands here, and whoever keeps to it reads it from here. What we limit ourselves stands
#         where it is kept.
# Rule 2: docs/limits.md says the same in a table; a test compares the two.
#
# Some are not enforced by anybody's code yet: who builds what they limit finds them here.

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    """At most *value* of *unit*, or exactly so many where the unit says so; `window_s`: in any so many seconds.

    `sure` is False where Microsoft's pages contradict each other or say nothing: the lower value is taken.
    """

    value: int
    unit: str
    source: str
    window_s: int = 0
    sure: bool = True


_MIB = 1024 * 1024
_SUBSCRIPTION = "Graph reference: subscription"
_WEBHOOKS = "learn.microsoft.com/graph/change-notifications-delivery-webhooks"
_THROTTLING = "learn.microsoft.com/graph/throttling-limits"
_DELTA = "learn.microsoft.com/graph/delta-query-overview"
_MAIL = "Graph reference: message"
_ATTACHMENTS = "learn.microsoft.com/graph/outlook-large-attachments"
_DRIVE = "learn.microsoft.com/onedrive/developer/rest-api"
_SHAREPOINT = "learn.microsoft.com/sharepoint/dev/general-development/how-to-avoid-getting-throttled"

# ---------------------------------------------------------------- subscriptions

MAIL_SUBSCRIPTION_LIFE = Limit(10_080, "minutes", _SUBSCRIPTION)
RICH_MAIL_SUBSCRIPTION_LIFE = Limit(1_440, "minutes", _SUBSCRIPTION)
DRIVE_SUBSCRIPTION_LIFE = Limit(42_300, "minutes", _SUBSCRIPTION)
DIRECTORY_SUBSCRIPTION_LIFE = Limit(41_760, "minutes", _SUBSCRIPTION)
CHAT_SUBSCRIPTION_LIFE = Limit(4_320, "minutes", _SUBSCRIPTION)
SHORTEST_SUBSCRIPTION_LIFE = Limit(45, "minutes, at least", _SUBSCRIPTION)
SUBSCRIPTIONS_OF_MAILBOX = Limit(1_000, "subscriptions of a mailbox, all applications together", _SUBSCRIPTION)
DIRECTORY_SUBSCRIPTIONS = Limit(100, "directory subscriptions of an application in a tenant", _SUBSCRIPTION)
CLIENT_STATE_LENGTH = Limit(128, "characters", _SUBSCRIPTION)
SUBSCRIPTION_WRITES = Limit(500, "calls of an application in a tenant", _THROTTLING, window_s=20, sure=False)
SUBSCRIPTION_LISTS = Limit(25, "calls of an application in a tenant", _THROTTLING, window_s=20, sure=False)
HANDSHAKE = Limit(10, "seconds until a new address must have answered", _WEBHOOKS)
NOTIFICATION_ANSWER = Limit(3, "seconds until a notification must be answered", _WEBHOOKS)
NOTIFICATION_TRIED = Limit(240, "minutes in which a notification is tried again", _WEBHOOKS)
SLOW_DOOR = Limit(10, "percent of answers that may be slow, in ten minutes", _WEBHOOKS)
DROPPED_DOOR = Limit(15, "percent of answers that may be lost, in ten minutes", _WEBHOOKS)

# ---------------------------------------------------------------- what changed, and its ids

FILTERED_DELTA = Limit(5_000, "messages that a delta with a filter shows", _DELTA)
DIRECTORY_DELTA_LIFE = Limit(7, "days that a link of the directory's delta lives", _DELTA)
TRANSLATED_IDS = Limit(1_000, "ids in a call", "Graph reference: user-translateexchangeids")

# ---------------------------------------------------------------- mail

MAILBOX_CALLS_AT_ONCE = Limit(4, "calls at a time of an application and mailbox", _THROTTLING)
MAILBOX_CALLS = Limit(10_000, "calls of an application and mailbox", _THROTTLING, window_s=600)
MAILBOX_UPLOAD = Limit(150 * _MIB, "bytes sent by an application to a mailbox", _THROTTLING, window_s=300)
REQUEST_BODY = Limit(4 * _MIB, "bytes in a call", "Graph reference: overview", sure=False)
RECIPIENTS = Limit(500, "recipients of a message", _MAIL)
RECIPIENTS_OF_DAY = Limit(10_000, "recipients of a mailbox", "Exchange Online limits", window_s=86_400, sure=False)
SENT_MESSAGES = Limit(30, "messages of a mailbox", "Exchange Online limits", window_s=60, sure=False)
SMALL_ATTACHMENT = Limit(3 * _MIB, "bytes in one call; more go by an upload session", _ATTACHMENTS)
LARGEST_MAIL = Limit(150 * _MIB, "bytes", _ATTACHMENTS)
ATTACHED_MAILS = Limit(30, "mails within mails", "Graph reference: itemattachment")

# ---------------------------------------------------------------- Graph as a whole

BATCH = Limit(20, "requests in a $batch", "learn.microsoft.com/graph/json-batching")
BATCH_OF_MAILBOX_AT_ONCE = Limit(4, "requests of a $batch to one mailbox that Graph does at a time", _THROTTLING)
CALLS = Limit(130_000, "calls of an application in all tenants", _THROTTLING, window_s=10)
DIRECTORY_UNITS = Limit(3_500, "resource units of an application in a small tenant", _THROTTLING, window_s=10)
DIRECTORY_WRITES = Limit(3_000, "changes by an application in a tenant", _THROTTLING, window_s=150)
DIRECTORY_PAGE = Limit(999, "people on a page", "Graph reference: user-list")
GROUPS_CHECKED = Limit(20, "groups in a call", "Graph reference: directoryobject-checkmembergroups")
PRESENCES = Limit(650, "people in a call", "Graph reference: cloudcommunications-getpresencesbyuserid")
PRESENCE_CALLS = Limit(10_000, "calls of an application in a tenant", _THROTTLING, window_s=30)

# ---------------------------------------------------------------- Teams, as far as Graph has it

APP_INSTALLS = Limit(30, "calls of an application in a tenant", _THROTTLING, window_s=1)
APP_REMOVALS = Limit(15, "calls of an application in a tenant", _THROTTLING, window_s=1)
CHAT_MESSAGES = Limit(20, "messages posted by an application in a tenant", _THROTTLING, window_s=1)
FEED_NOTIFICATIONS = Limit(5, "activity notifications of an application in a tenant", _THROTTLING, window_s=1)
FEED_RECIPIENTS = Limit(100, "people in a call", "learn.microsoft.com/graph/teams-send-activityfeednotifications")

# ---------------------------------------------------------------- drives

SMALL_FILE = Limit(250 * _MIB, "bytes in one call; more go by an upload session", _DRIVE)
PATH_LENGTH = Limit(400, "characters of a path, from the site's own down", "SharePoint restrictions and limitations")
FRAGMENT_STEP = Limit(327_680, "bytes, of which a fragment is a multiple", _DRIVE)
FRAGMENT = Limit(60 * _MIB, "bytes in a fragment", _DRIVE)
DRIVE_UNITS = Limit(1_250, "resource units of an application in a small tenant", _SHAREPOINT, window_s=60)
DRIVE_UNITS_OF_DAY = Limit(
    1_200_000, "resource units of an application in a small tenant", _SHAREPOINT, window_s=86_400
)
DRIVE_CALLS_OF_PERSON = Limit(3_000, "calls of a person", _SHAREPOINT, window_s=300)
SHARING_CALLS = Limit(300, "calls of an application in a tenant", _SHAREPOINT, window_s=300)
LABELS = Limit(100, "labels assigned in a tenant", _SHAREPOINT, window_s=300)

LIMITS = {name: value for name, value in globals().items() if isinstance(value, Limit)}
