"""The dialog that starts an agent on a task."""

import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.widgets import Input, Static

from maestro_tui.config.agents import PREFERENCE, agent_profiles
from maestro_tui.config.settings import AgentProfile, Settings
from maestro_tui.domain.names import free_name
from maestro_tui.domain.project import Project
from maestro_tui.domain.status import Role
from maestro_tui.domain.task import Task
from maestro_tui.domain.text import clean_line
from maestro_tui.runner.versions import Versions
from maestro_tui.tui.later import Later
from maestro_tui.tui.mutations import Mutations
from maestro_tui.tui.ports import Api
from maestro_tui.tui.problems import PROBLEMS, explain
from maestro_tui.tui.screens.brief import BriefEditor
from maestro_tui.tui.screens.dialog import Dialog, Field, made_id, required
from maestro_tui.tui.text import line
from maestro_tui.tui.widgets.choice import Choice
from maestro_tui.tui.widgets.footer import Hint

__all__ = ["AgentOption", "Spawn", "installed_agents"]

NAME_PROPOSED = 40
"""Characters of a task's title that make a session's name: what fits on a tab."""


@dataclass(frozen=True, slots=True)
class AgentOption:
    """An agent that can be started here. program: what is run, as it would be typed."""

    name: str
    program: str
    profile: AgentProfile


def installed_agents(settings: Settings, *, which: Any = shutil.which) -> list[AgentOption]:
    """The agents whose program is on this machine, the one a spawn gets by itself first."""
    profiles = agent_profiles(settings)
    found = [name for name, profile in profiles.items() if profile.command and which(profile.command[0])]
    found.sort(key=lambda name: _rank(name, settings, profiles))
    return [AgentOption(name, profiles[name].command[0], profiles[name]) for name in found]


def _rank(name: str, settings: Settings, profiles: Mapping[str, AgentProfile]) -> tuple[bool, int]:
    place = PREFERENCE.index(name) if name in PREFERENCE else len(profiles)
    return name != settings.agent, place


class Spawn(Dialog[str]):
    """Answers with the new session's id."""

    VERB = "start"
    BINDINGS = [Binding("ctrl+o", "read_brief", "Brief", show=False)]

    def __init__(
        self,
        api: Api,
        mutations: Mutations,
        key: str,
        project: Project,
        task: Task | None,
        agents: Sequence[AgentOption],
        versions: Versions,
        taken: Collection[str] = (),
    ) -> None:
        """taken: names that other sessions have."""
        super().__init__()
        self._versions = versions
        self._taken = taken
        self._known_versions: dict[str, str] = {}
        self._api = api
        self._mutations = mutations
        self._key = key
        self._project = project
        self._about = task
        self._agents = {agent.name: agent for agent in agents}
        self._brief: str | None = None

    @property
    def heading(self) -> str:
        return f"Start an agent on {self._about.title}" if self._about else "Start an agent"

    def fields(self) -> ComposeResult:
        name = free_name(clean_line(self._about.title), self._taken, NAME_PROPOSED) if self._about else ""
        yield Field("Name", Input(name, id="name", max_length=200))
        yield Field("Agent", Choice([(agent, agent) for agent in self._agents], id="agent"))
        yield Field("Role", Choice([(role, role) for role in Role], value=Role.WORKER, id="role"))
        yield Field("Skill", Choice([("", "the role's own")], id="skill"))
        yield Field("Reason", Input(id="reason", placeholder="optional: why this agent is started"))
        yield Static(id="preview", classes="said", markup=False)

    def hints(self) -> Sequence[Hint]:
        return (*super().hints(), Hint("^o", "read the brief", "screen.read_brief"))

    def on_mount(self) -> None:
        self._show_preview()
        self.run_worker(Later(self._load_skills), group="skills", exclusive=True)

    def on_choice_changed(self) -> None:
        self._show_preview()

    def _show_preview(self) -> None:
        """Say what will start, where and on what."""
        agent = self._agents.get(self.query_one("#agent", Choice).value)
        if agent is None:
            return
        if agent.name not in self._known_versions:
            self.run_worker(Later(self._ask_version, agent), group="version", exclusive=True)
        self.query_one("#preview", Static).update(
            Content.assemble(
                Content.styled("starts ", "$muted"),
                line(agent.program, "bold"),
                line(self._known_versions.get(agent.name, "")),
                Content.styled(" as ", "$muted"),
                line(self.query_one("#role", Choice).value),
                Content.styled(" in ", "$muted"),
                line(self._project.working_dir or "the cockpit's directory"),
                Content.styled(", with the brief you wrote" if self._brief is not None else "", "$muted"),
            )
        )

    async def _ask_version(self, agent: AgentOption) -> None:
        """The agent says it itself, and may take a second over it."""
        version = await self._versions.of(agent.profile)
        self._known_versions[agent.name] = f" {version}" if version else ""
        if version:
            self._show_preview()

    async def _load_skills(self) -> None:
        """Offer the skills there are; without an answer, the role's own stay the only choice."""
        try:
            skills = await self._api.request("GET", "/api/skills")
        except PROBLEMS as error:
            self.log.warning(f"skills: {error}")
            return
        options = [("", "the role's own"), *((skill["name"], skill["name"]) for skill in skills)]
        self.query_one("#skill", Choice).offer(options)

    def action_read_brief(self) -> None:
        """Show what the agent will be told, to be changed before it starts."""
        self.run_worker(Later(self._read_brief), group="brief", exclusive=True)

    async def _read_brief(self) -> None:
        try:
            wish = self._wish()
            if self._brief is None:
                answer = await self._api.request("POST", "/api/sessions/spawn/preview", wish)
                shown = str(answer["brief"])
            else:
                shown = self._brief
        except PROBLEMS as error:
            self._show_problem(explain(error))
            return
        self.app.push_screen(BriefEditor(wish["name"], shown), partial(self._keep, shown))

    def _keep(self, shown: str, written: str | None) -> None:
        """A brief that was changed is sent along, whatever is chosen in the other fields afterwards."""
        if written is None or written == shown:
            return
        self._brief = written
        self._show_preview()

    def _wish(self) -> dict[str, Any]:
        """The spawn as the fields say it. Raises Invalid for a field that is wrong."""
        skill = self.query_one("#skill", Choice).value
        reason = self.query_one("#reason", Input).value.strip()
        return {
            "projectId": self._project.id,
            "taskIds": [self._about.id] if self._about else [],
            "name": required("name", self.query_one("#name", Input).value, "a name"),
            "role": self.query_one("#role", Choice).value,
            "agent": self.query_one("#agent", Choice).value,
            **({"skills": [skill]} if skill else {}),
            **({"reason": reason} if reason else {}),
            **({} if self._brief is None else {"brief": self._brief}),
        }

    async def send(self) -> str | None:
        return made_id(await self._mutations.spawn(self._key, **self._wish()), "sessionId")
