"""The app's installations in memory."""

from registry.errors import Misconfigured
from tests.fakes.faults import Faults


class FakeInstalls:
    """Installs. `installed` names everybody for whom the app is installed, each once, in their order."""

    def __init__(self, *, without_teams: frozenset[str] = frozenset()) -> None:
        self.installed: list[str] = []
        self.faults = Faults()
        self._without_teams = without_teams

    async def install(self, person: str) -> bool:
        self.faults.before("install")
        if person in self._without_teams:
            raise Misconfigured(f"{person} has no Teams")
        new = person not in self.installed
        self.installed += [person] if new else []
        self.faults.after("install")
        return new

    async def chat(self, person: str) -> str | None:
        self.faults.before("chat")
        return f"a:{person}" if person in self.installed else None
