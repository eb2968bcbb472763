"""What stands in for the product while the page is tested alone: a scripted bot, the API's shapes, the host's controls.

It knows one way only: a letter in the registry's mailbox becomes a record, is referred to the head of finance, who
refers it on; the colleague completes it, the head approves the result, the forwarder gets a reply.
"""

import asyncio
import contextlib
import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import aiohttp
from aiohttp import web

type Json = dict[str, Any]

HEAD = "huda@ministry.example"
REGISTRY = "registry@ministry.example"
ROLES = ["User.Read.All", "TeamsAppInstallation.ReadWriteSelfForUser.All", "AppCatalog.Read.All"]
APPROVE, REFER, COMPLETE = (
    {"verb": "approve", "ar": "اعتماد", "en": "Approve"},
    {"verb": "refer", "ar": "إحالة", "en": "Refer"},
    {"verb": "complete", "ar": "إنجاز", "en": "Complete"},
)


def say(ar: str, en: str) -> Json:
    return {"ar": ar, "en": en}


class StandIn:
    """A product of a few dozen lines, served on loopback and speaking to the tenant by HTTP alone."""

    def __init__(self) -> None:
        self.tenant_url = ""
        self.records: dict[str, Json] = {}
        self.sheets: dict[str, list[Json]] = {}
        self.cards: dict[str, list[Json]] = {}  # record → where its cards stand
        self.spoilt: dict[str, tuple[Json, str]] = {}
        self.seen: set[str] = set()
        self.people: dict[str, Json] = {}
        self.broken = False  # the API answers 500

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/api/messages", self.messages)
        app.router.add_get("/api/v1/records", self.list_records)
        app.router.add_get("/api/v1/records/{id}", self.get_record)
        app.router.add_get("/api/v1/records/{id}/sheet", self.get_sheet)
        app.router.add_get("/api/v1/records/{id}/body", self.get_body)
        app.router.add_get("/api/v1/records/{id}/documents/{sha256}", self.get_document)
        app.router.add_get("/api/v1/reconciliation/{date}", self.reconciliation)
        app.router.add_post("/sandbox/tamper", self.tamper)
        app.router.add_post("/sandbox/untamper", self.untamper)
        app.router.add_post("/sandbox/recard", self.recard)
        app.router.add_post("/sandbox/broken", self.be_broken)
        return app

    ################################################################
    # Towards the tenant
    ################################################################

    async def work(self) -> None:
        """Look into the registry's mailbox until cancelled."""
        async with aiohttp.ClientSession(self.tenant_url) as self.net:
            state = await self.call("GET", "/sandbox/state", token=None)
            self.people = {one["upn"]: one for one in state["people"]}
            self.graph = (await self.call("POST", "/sandbox/token", {"roles": ROLES}, token=None))["access_token"]
            self.connector = await self.connector_token(state)
            self.tenant_id, self.app_id = state["tenant_id"], state["app_id"]
            while True:
                with contextlib.suppress(RuntimeError, aiohttp.ClientError):  # the cloud may be told to fail
                    await self.look()
                await asyncio.sleep(0.2)

    async def look(self) -> None:
        inbox = f"/v1.0/users/{REGISTRY}/mailFolders/inbox/messages?$top=50&$select=id,subject,internetMessageId"
        for mail in (await self.call("GET", inbox, token=self.graph))["value"]:
            if mail["internetMessageId"] not in self.seen:
                await self.register(mail)
                self.seen.add(mail["internetMessageId"])

    async def connector_token(self, state: Json) -> str:
        form = {
            "grant_type": "client_credentials",
            "client_id": state["app_id"],
            "client_secret": "sandbox-app-secret",
            "scope": "https://api.botframework.com/.default",
        }
        async with self.net.post(f"/{state['tenant_id']}/oauth2/v2.0/token", data=form) as answer:
            told: Json = await answer.json()
            return str(told["access_token"])

    async def call(self, method: str, path: str, body: Any = None, *, token: str | None) -> Json:
        headers = {"authorization": f"Bearer {token}", "prefer": 'IdType="ImmutableId"'} if token else {}
        async with self.net.request(method, path, json=body, headers=headers) as answer:
            if answer.status >= 400 and answer.status != 409:
                raise RuntimeError(f"{method} {path}: {answer.status} {await answer.text()}")
            raw = await answer.read()
            told: Json = json.loads(raw) if raw else {}
            return told

    async def send_card(self, record: Json, upn: str, asked: Json, actions: list[Json], said: str = "") -> None:
        binding = {"teamsApp@odata.bind": await self.catalogue_url()}
        await self.call("POST", f"/v1.0/users/{upn}/teamwork/installedApps", binding, token=self.graph)
        frame = {
            "isGroup": False,
            "bot": {"id": f"28:{self.app_id}"},
            "channelData": {"tenant": {"id": self.tenant_id}},
            "members": [{"id": self.people[upn]["id"]}],
        }
        chat = (await self.call("POST", "/v3/conversations", frame, token=self.connector))["id"]
        path = f"/v3/conversations/{chat}/activities"
        sent = await self.call(
            "POST", path, message(self.card(record, upn, asked, actions, said)), token=self.connector
        )
        self.cards[record["record_id"]].append({"path": f"{path}/{sent['id']}", "upn": upn})

    async def catalogue_url(self) -> str:
        found = await self.call("GET", "/v1.0/appCatalogs/teamsApps", token=self.graph)
        return f"https://graph.microsoft.com/v1.0/appCatalogs/teamsApps/{found['value'][0]['id']}"

    ################################################################
    # The way of one letter
    ################################################################

    async def register(self, mail: Json) -> None:
        serial = len(self.records) + 1
        record_id, now = f"r{serial}", moment()
        message_path = f"/v1.0/users/{REGISTRY}/messages/{mail['id']}"
        attachments = (await self.call("GET", f"{message_path}/attachments", token=self.graph))["value"]
        self.records[record_id] = {
            "record_id": record_id,
            "kind": "incoming_letter",
            "status": "in_action",
            "reference": f"س.ع/و/{serial}/2026",
            "serial": serial,
            "subject": (mail["subject"] or "").split(":", 1)[-1].strip(),
            "from_party": {"name": "ديوان المحاسبة", "address": "oversight@audit.example"},
            "original_sender": {"name": "ديوان المحاسبة", "address": "oversight@audit.example"},
            "urgency": "urgent",
            "confidentiality": "normal",
            "registered_at": now,
            "registered_hijri": "1448-06-12",
            "registered_on": say("12 جمادى الآخرة 1448هـ (22 نوفمبر 2026م)", "12 Jumada II 1448 AH (22 November 2026)"),
            "due_at": None,
            "holders": [self.holder(HEAD, "for_approval", now)],
            "source": {"mailbox": REGISTRY, "item_id": mail["id"]},
            "attachments": [
                {"name": a["name"], "size_bytes": a["size"], "sha256": "0" * 64, "complete": True} for a in attachments
            ],
        }
        self.sheets[record_id], self.cards[record_id] = [], []
        record = self.records[record_id]
        self.note(record, "Registered", None, say(f"قُيّد برقم {record['reference']}", "Registered"))
        self.note(record, "Referred", None, say("أُحيل إلى هدى العلي للاعتماد", "Referred to Huda: for approval"))
        await self.call("PATCH", message_path, {"categories": [f"مقيّد {record['reference']}"]}, token=self.graph)
        await self.send_card(record, HEAD, say("للاعتماد", "for approval"), [APPROVE, REFER])

    def holder(self, upn: str, asked: str, since: str) -> Json:
        return {"person": self.people[upn]["id"], "unit": "finance", "asked": asked, "since": since}

    def note(self, record: Json, kind: str, by: str | None, said: Json, note: str | None = None) -> None:
        """Add an event to the record's sheet."""
        sheet, now = self.sheets[record["record_id"]], moment()
        written = {"type": kind, "at": now, "said": said, "note": note, "seq": len(sheet) + 1}
        canonical = json.dumps(written, ensure_ascii=False, sort_keys=True)
        before = sheet[-1]["hash"] if sheet else "0" * 64
        digest = hashlib.sha256((before + canonical).encode()).hexdigest()
        name = self.people[by]["name"] if by else "تراسل"
        post = self.people[by]["post"] if by else "النظام"
        who = {"by": by or "system", "by_name": name, "capacity": "member", "capacity_said": say(post, post)}
        sheet.append(written | who | {"canonical": canonical, "prev_hash": before, "hash": digest})

    async def pressed(self, record: Json, upn: str, verb: str, data: Json) -> str:
        """Do what was pressed and return the words for the decided card."""
        now = moment()
        if verb == "refer":
            name = self.people[data["to"]]["name"]
            self.note(record, "Referred", upn, say(f"أحال إلى {name} لإجراء اللازم", "Referred"), data.get("note"))
            record["holders"] = [self.holder(data["to"], "for_action", now)]
            await self.send_card(
                record, data["to"], say("لإجراء اللازم", "for action"), [COMPLETE], data.get("note", "")
            )
            return f"أحلتها إلى {name}"
        if verb == "complete":
            self.note(record, "StepCompleted", upn, say("أنجز", "Completed"), data.get("note"))
            record["holders"] = [self.holder(HEAD, "for_approval", now)]
            await self.send_card(record, HEAD, say("لاعتماد النتيجة", "for approval"), [APPROVE], data.get("note", ""))
            return "أنجزتها"
        self.note(record, "StepApproved", upn, say("اعتمد", "Approved"), data.get("note"))
        self.note(record, "Closed", None, say("أُنهيت باعتماد النتيجة", "Closed: the result was approved"))
        record["holders"], record["status"] = [], "closed"
        source = f"/v1.0/users/{REGISTRY}/messages/{record['source']['item_id']}"
        await self.call("POST", f"{source}/reply", {"comment": f"أُنجز قيدكم {record['reference']}"}, token=self.graph)
        return "اعتُمدت"

    ################################################################
    # The bot's door
    ################################################################

    async def messages(self, request: web.Request) -> web.Response:
        activity = await request.json()
        if activity["type"] == "message" and (activity.get("text") or activity.get("attachments")):
            path = f"/v3/conversations/{activity['conversation']['id']}/activities"
            handed = [
                "وصل " + one["name"] for one in activity.get("attachments") or () if "downloadUrl" in one["content"]
            ]
            words = {"type": "message", "text": f"لا شيء معلقاً عندك. ({activity['text'] or '، '.join(handed)})"}
            await self.call("POST", path, words, token=self.connector)
        if activity["type"] != "invoke":
            return web.json_response({})
        action = activity["value"]["action"]
        record = self.records[action["data"]["token"]]
        upn = next(u for u, one in self.people.items() if one["id"] == activity["from"]["aadObjectId"])
        if action["data"].get("note") == "boom":
            return web.json_response({}, status=500)
        done = await self.pressed(record, upn, action["verb"], action["data"])
        value = self.card(record, upn, say("", ""), [], done)
        body = {"statusCode": 200, "type": "application/vnd.microsoft.card.adaptive", "value": value}
        return web.json_response(body)

    def card(self, record: Json, upn: str, asked: Json, actions: list[Json], said: str) -> Json:
        lang = "ar" if self.people[upn]["language"].startswith("ar") else "en"
        facts = [
            ("الرقم", f"\u2068{record['reference']}\u2069"),
            ("من", record["original_sender"]["name"]),
            ("الموضوع", record["subject"]),
            ("الأهمية", "عاجل"),
        ]
        body: list[Json] = [
            {
                "type": "TextBlock",
                "text": f"كتاب وارد {asked[lang]}",
                "weight": "bolder",
                "size": "medium",
                "wrap": True,
            },
            {"type": "FactSet", "facts": [{"title": title, "value": value} for title, value in facts]},
        ]
        if said:
            words = {"type": "TextBlock", "text": said, "wrap": True}
            body.append({"type": "Container", "style": "emphasis", "items": [words]})
        if REFER in actions:
            people = [{"title": p["name"], "value": u} for u, p in self.people.items() if u != upn][2:5]
            chooser = {
                "type": "Input.ChoiceSet",
                "id": "to",
                "label": "إلى",
                "choices": people,
                "value": people[0]["value"],
            }
            body.append(chooser)
        if actions:
            body.append({"type": "Input.Text", "id": "note", "label": "ملاحظة", "isMultiline": True})
            buttons = [
                {
                    "type": "Action.Execute",
                    "title": one[lang],
                    "verb": one["verb"],
                    "data": {"token": record["record_id"], "verb": one["verb"]},
                    "style": "positive" if one is APPROVE else "default",
                }
                for one in actions
            ]
            body.append({"type": "ActionSet", "actions": buttons})
        return {"type": "AdaptiveCard", "version": "1.5", "rtl": lang == "ar", "body": body, "fallbackText": "card"}

    ################################################################
    # The API and the host's controls
    ################################################################

    async def list_records(self, request: web.Request) -> web.Response:
        if self.broken:
            return web.json_response({"title": "broken"}, status=500)
        search, holder = request.query.get("search", ""), self.people.get(request.query.get("holder", ""), {}).get("id")
        found = [r for r in self.records.values() if search in r["subject"] or search in r["reference"]]
        found = [r for r in found if holder is None or holder in [one["person"] for one in r["holders"]]]
        found = [r for r in found if r["kind"] == request.query.get("kind", "incoming_letter")]
        return web.json_response({"as_of": moment(), "items": found, "next": None})

    async def get_record(self, request: web.Request) -> web.Response:
        return web.json_response(self.records[request.match_info["id"]])

    async def get_sheet(self, request: web.Request) -> web.Response:
        record_id = request.match_info["id"]
        verified = record_id not in self.spoilt
        return web.json_response(
            {"record_id": record_id, "as_of": moment(), "verified": verified, "events": self.sheets[record_id]}
        )

    async def get_body(self, request: web.Request) -> web.Response:
        """Worse than the product would ever answer: what it cleans away is left in."""
        evil = "parent.document.title='ran'"
        words = f"""<p>نرجو موافاتنا بالمستندات.</p><script>{evil}</script>
            <img src="http://tracker.example/a.png" onerror="{evil}"><form action="http://tracker.example/"></form>"""
        return web.Response(text=f'<html dir="rtl"><body>{words}</body></html>', content_type="text/html")

    async def get_document(self, request: web.Request) -> web.Response:
        return web.Response(body=b"%PDF-1.4\n%%EOF\n", content_type="application/pdf")

    async def reconciliation(self, request: web.Request) -> web.Response:
        count = len(self.records)
        box = {"mailbox": REGISTRY, "seen": count, "registered": count, "copies": 0, "replies": 0, "ours": 0}
        box |= {"quarantined": 0, "ignored": 0, "missing": [], "green": True}
        return web.json_response({"date": request.match_info["date"], "as_of": moment(), "mailboxes": [box]})

    async def tamper(self, request: web.Request) -> web.Response:
        record_id = (await request.json())["record_id"]
        sheet = self.sheets[record_id]
        event = sheet[len(sheet) // 2]
        self.spoilt[record_id] = (event, event["canonical"])
        event["canonical"] = event["canonical"].replace("أ", "ا", 1)
        return web.json_response({})

    async def untamper(self, request: web.Request) -> web.Response:
        event, canonical = self.spoilt.pop((await request.json())["record_id"])
        event["canonical"] = canonical
        return web.json_response({})

    ################################################################
    # For the tests alone
    ################################################################

    async def recard(self, request: web.Request) -> web.Response:
        """Write a record's cards anew, as when somebody else decided."""
        record = self.records[(await request.json())["record_id"]]
        for at in self.cards[record["record_id"]]:
            anew = self.card(record, at["upn"], say("للاعتماد", "for approval"), [APPROVE, REFER], "تغيّرت الأهمية")
            await self.call("PUT", at["path"], message(anew), token=self.connector)
        return web.json_response({})

    async def be_broken(self, request: web.Request) -> web.Response:
        self.broken = (await request.json())["broken"]
        return web.json_response({})


def moment() -> str:
    return datetime.now(UTC).isoformat()


def message(card: Json) -> Json:
    return {
        "type": "message",
        "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "content": card}],
    }
