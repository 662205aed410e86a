"""The use cases, put together."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from maestro_tui.config.settings import Settings
from maestro_tui.domain.project import Project
from maestro_tui.paths import Home
from maestro_tui.services.admission import Admission
from maestro_tui.services.approvals import ApprovalService
from maestro_tui.services.claims import ClaimService
from maestro_tui.services.clock import Clock, ascending, wall_clock
from maestro_tui.services.context import Context
from maestro_tui.services.event_bus import EventBus
from maestro_tui.services.external import ExternalChanges
from maestro_tui.services.housekeeping import Housekeeping
from maestro_tui.services.idempotency import Idempotency, MemoryIdempotency
from maestro_tui.services.journal import Journal, MemoryJournal
from maestro_tui.services.kept_orders import KeptOrders
from maestro_tui.services.leases import Leases
from maestro_tui.services.links import Links
from maestro_tui.services.listening import Listening
from maestro_tui.services.locks import KeyedLocks
from maestro_tui.services.orders import OrderService
from maestro_tui.services.output import OutputService
from maestro_tui.services.permissions import Permissions
from maestro_tui.services.project_skills import ProjectSkills
from maestro_tui.services.projects import ProjectService
from maestro_tui.services.restarting import RestartService
from maestro_tui.services.revocations import Revocations
from maestro_tui.services.sessions import SessionService
from maestro_tui.services.skill_news import SkillNews
from maestro_tui.services.spawn_checks import SpawnChecks
from maestro_tui.services.spawn_control import SpawnControl
from maestro_tui.services.spawn_pause import SpawnPause
from maestro_tui.services.spawn_policy import SpawnLimits
from maestro_tui.services.spawn_rate import SpawnRate
from maestro_tui.services.spawning import SpawnService
from maestro_tui.services.subtasks import SubtaskService
from maestro_tui.services.tasks import TaskService
from maestro_tui.services.team_members import TeamMembersService
from maestro_tui.services.teams import TeamsService
from maestro_tui.services.tokens import Tokens
from maestro_tui.skills.library import PROJECT_SKILLS, library_for
from maestro_tui.skills.loader import SkillLibrary
from maestro_tui.store.base import Store

__all__ = ["Services", "build_services"]


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a server can do, and what it does it with."""

    projects: ProjectService
    tasks: TaskService
    subtasks: SubtaskService
    team_members: TeamMembersService
    teams: TeamsService
    sessions: SessionService
    claims: ClaimService
    orders: OrderService
    output: OutputService
    spawning: SpawnService
    spawn_control: SpawnControl
    approvals: ApprovalService
    restarting: RestartService
    skills: SkillLibrary
    skill_news: SkillNews
    project_skills: ProjectSkills
    bus: EventBus
    listening: Listening
    journal: Journal
    idempotency: Idempotency
    tokens: Tokens
    housekeeping: Housekeeping
    external: ExternalChanges
    store: Store


def build_services(
    *,
    store: Store,
    settings: Settings,
    home: Home,
    journal: Journal | None = None,
    idempotency: Idempotency | None = None,
    skills: SkillLibrary | None = None,
    signing_key: bytes,
    clock: Clock = wall_clock,
) -> Services:
    """The use cases over a store.

    journal, idempotency: by default in memory. skills: by default those of the home.
    signing_key: what session tokens are made with.
    """
    journal = journal or MemoryJournal()
    idempotency = idempotency or MemoryIdempotency(ascending(clock))
    bus = EventBus(journal)
    context = Context(store, bus, KeyedLocks(), Permissions(store), clock)
    links, leases = Links(context), Leases(clock)
    library = library_for(home) if skills is None else skills
    tasks = TaskService(context, links)
    sessions = SessionService(context, links, leases)
    claims = ClaimService(context, leases, settings.spawn)
    pause, rate = SpawnPause(home.spawn_pause), SpawnRate(store, clock)
    limits = SpawnLimits(store, settings.spawn, pause, rate, clock)
    checks = SpawnChecks(context, settings, limits, partial(_library_of, home, library))
    admission = Admission(context, tasks, rate)
    listening = Listening(bus)
    return Services(
        projects=ProjectService(context),
        tasks=tasks,
        subtasks=SubtaskService(context),
        team_members=TeamMembersService(context),
        teams=TeamsService(context),
        sessions=sessions,
        claims=claims,
        spawning=SpawnService(context, checks, admission, home),
        spawn_control=SpawnControl(context, settings.spawn, limits, pause, rate),
        approvals=ApprovalService(context, admission, pause, home),
        restarting=RestartService(context, limits, admission, home),
        orders=OrderService(context, sessions, claims, leases, KeptOrders(home)),
        output=OutputService(sessions, home, listening),
        skills=library,
        skill_news=SkillNews(context, library),
        project_skills=ProjectSkills(context, partial(library_for, home)),
        bus=bus,
        listening=listening,
        journal=journal,
        idempotency=idempotency,
        tokens=Tokens(store, signing_key, Revocations(home.revoked_tokens)),
        external=ExternalChanges(context),
        housekeeping=Housekeeping(claims, idempotency),
        store=store,
    )


def _library_of(home: Home, shared: SkillLibrary, project: Project) -> SkillLibrary:
    """The skills of a project: those everybody has, and its own where it keeps some."""
    directory = Path(project.working_dir)
    own = project.working_dir and (directory / PROJECT_SKILLS).is_dir()
    return library_for(home, directory) if own else shared
