"""The stage on which acceptance tests play: tenant and host together, killed and started again."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.sandbox.small_app import APP, NEVER
from tests.stage import Stage


def test_tenant_and_host_live_and_die_apart_and_keep_one_clock(tmp_path: Path) -> None:
    env = {"NOTES": str(tmp_path / "notes"), "TICK_SCHEDULE": NEVER}
    with Stage(tmp_path / "state", root=APP, env=env) as stage:
        token = stage.token(upn="huda@ministry.example")
        assert stage.tenant("GET", "/v1.0/me", token=token).json()["userPrincipalName"] == "huda@ministry.example"

        day_s = timedelta(days=1).total_seconds()
        stage.tenant("POST", "/sandbox/clock", json={"advance_s": day_s})
        assert stage.product("GET", "/sandbox/health").json()["offset_s"] == day_s

        stage.kill_host()
        stage.tenant("POST", "/sandbox/clock", json={"advance_s": 2 * day_s})  # an outage of two days
        stage.start_host()
        assert stage.product("GET", "/sandbox/health").json()["offset_s"] == 3 * day_s
        assert stage.product("GET", "/api/now").json()["time"] > (datetime.now(UTC) + timedelta(days=2)).timestamp()

        stage.kill_tenant()
        assert stage.product("GET", "/api/echo/x").status == 201
        stage.start_tenant()
        assert stage.tenant("GET", "/sandbox/state").json()["offset_s"] == 3 * day_s
