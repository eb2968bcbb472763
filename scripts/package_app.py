"""Make the Teams app package that an administrator uploads: dist/tarasul-teams.zip.

    .venv/bin/python scripts/package_app.py --app-id <AZURE_CLIENT_ID> --host <host of PUBLIC_URL>

What stands in manifests/ is a form: its ids are zeros and its host is an example. The same answers give the same bytes.
"""

import argparse
import io
import json
import sys
import uuid
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

REPOSITORY = Path(__file__).resolve().parent.parent
MANIFESTS = REPOSITORY / "manifests"
FILES = ("ar.json", "color.png", "outline.png")
NO_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say


def filled(
    form: dict[str, Any], *, app_id: str, bot_id: str, teams_app_id: str, host: str, website: str, audience: str
) -> dict[str, Any]:
    """Return the manifest with its ids and hosts filled in.

    Args:
        app_id: AZURE_CLIENT_ID: who asks Graph to install the app.
        bot_id: BOT_APP_ID: who the bot is.
        teams_app_id: TEAMS_APP_ID: what the app is called in the tenant's catalogue.
        audience: API_AUDIENCE.
    """
    links = dict.fromkeys(("websiteUrl", "privacyUrl", "termsOfUseUrl"), website)
    return form | {
        "id": teams_app_id,
        "developer": form["developer"] | links,
        "bots": [bot | {"botId": bot_id} for bot in form["bots"]],
        "composeExtensions": [
            extension | {"botId": bot_id, "messageHandlers": [{"type": "link", "value": {"domains": [host]}}]}
            for extension in form["composeExtensions"]
        ],
        "validDomains": [host],
        "webApplicationInfo": {"id": app_id, "resource": audience},
    }


def package(manifest: dict[str, Any]) -> bytes:
    """Return the zip file: the manifest, its Arabic words, the two icons."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as file:
        for name in ("manifest.json", *FILES):
            text = json.dumps(manifest, ensure_ascii=False, indent=2).encode()
            content = text if name == "manifest.json" else (MANIFESTS / name).read_bytes()
            file.writestr(zipfile.ZipInfo(name, NO_DATE), content, zipfile.ZIP_DEFLATED)
    return body.getvalue()


def _guid(text: str) -> str:
    return str(uuid.UUID(text))


def _host(text: str) -> str:
    host = text.strip().lower()
    if not host or urlsplit(f"//{host}").netloc != host or ":" in host or "." not in host:
        raise ValueError(text)
    return host


def main(arguments: list[str]) -> int:
    ask = argparse.ArgumentParser(description="Make the Teams app package: dist/tarasul-teams.zip.")
    ask.add_argument("--app-id", required=True, type=_guid, help="AZURE_CLIENT_ID")
    ask.add_argument("--host", required=True, type=_host, help="the host of PUBLIC_URL, without https://")
    ask.add_argument("--bot-id", type=_guid, help="BOT_APP_ID, where it is not the app id")
    ask.add_argument("--teams-app-id", type=_guid, help="TEAMS_APP_ID, where it is not the app id")
    ask.add_argument("--audience", help="API_AUDIENCE, where it is not api://<app id>")
    ask.add_argument("--website", help="the page about the app, where it is not the host's own")
    ask.add_argument("--out", type=Path, default=REPOSITORY / "dist" / "tarasul-teams.zip")
    given = ask.parse_args(arguments)
    manifest = filled(
        json.loads((MANIFESTS / "manifest.json").read_text("utf-8")),
        app_id=given.app_id,
        bot_id=given.bot_id or given.app_id,
        teams_app_id=given.teams_app_id or given.app_id,
        host=given.host,
        website=given.website or f"https://{given.host}",
        audience=given.audience or f"api://{given.app_id}",
    )
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_bytes(package(manifest))
    print(given.out)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
