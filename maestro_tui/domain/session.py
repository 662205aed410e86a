"""Sessions: one run of an agent, from the request to its end."""

from typing import Any

from pydantic import Field

from maestro_tui.domain.activity import Activity, Evidence
from maestro_tui.domain.document import Document, Part
from maestro_tui.domain.status import LIVE, ActivityState, ApprovalState, Role, SessionStatus
from maestro_tui.domain.task import TimelineEntry

__all__ = ["Approval", "Lease", "NeedsInput", "Session", "SessionEvent"]


class Lease(Part):
    """A runner's right to run a session until expires_at (Unix ms).

    fence: grows by one with every new claim; a report that carries an older one is refused.
    """

    runner_id: str
    fence: int
    expires_at: int


class NeedsInput(Part):
    """Whether the agent waits for a person, what it asks, and since when (Unix ms)."""

    active: bool = False
    message: str = ""
    since: int | None = None


class Approval(Part):
    """A person's word on a spawn that policy does not allow without it. Times are Unix ms."""

    state: ApprovalState
    requested_at: int
    decided_at: int | None = None
    reason: str | None = None


class SessionEvent(Part):
    """A fact an agent or its hooks reported about the session itself."""

    id: str
    type: str
    timestamp: int
    data: Any = None


class Session(Document):
    """One run of an agent on some tasks.

    fence: the number of the last claim ever given; lease is the claim in force, if any.
    reason: why it failed, was stopped or got lost.
    output_tail: its last lines of output, kept when it ends.
    depth: how many sessions are above it, deleted ones included; None when nobody recorded it.
    approval: None where no person had to be asked.
    restart_of: the session it was started again for; quick_ends: how many before it, one after
    the other, had ended as soon as they ran. running_at: when its agent first ran, Unix ms.
    conversation_id: what the agent itself calls the conversation, to take it up again later.
    team_member_id: the member of the project's team that its agent is, where the spawn named one.
    permissions: what its agent may do unasked, in a word that its adapter knows; None: as the adapter is set.
    resumes: it continues the conversation of the session it was started again for.
    evidence: what the agent, its hooks or a person last said of its activity, one of each.
    activity: what the runner that holds it makes of all evidence; None while nobody has looked.
    """

    project_id: str
    task_ids: tuple[str, ...] = ()
    name: str
    agent: str | None = None
    model: str | None = None
    role: Role = Role.WORKER
    status: SessionStatus = SessionStatus.SPAWNING
    reason: str | None = None
    parent_session_id: str | None = None
    root_session_id: str | None = None
    depth: int | None = None
    restart_of: str | None = None
    quick_ends: int = 0
    spawn_source: str | None = None
    skill_ids: tuple[str, ...] = ()
    team_member_id: str | None = None
    permissions: str | None = None
    env: dict[str, str] = Field(default_factory=dict)
    cwd: str = ""
    approval: Approval | None = None
    started_at: int
    running_at: int | None = None
    last_activity: int
    completed_at: int | None = None
    exit_code: int | None = None
    hostname: str | None = None
    pid: int | None = None
    needs_input: NeedsInput = NeedsInput()
    conversation_id: str | None = None
    resumes: bool = False
    evidence: tuple[Evidence, ...] = ()
    activity: Activity | None = None
    lease: Lease | None = None
    fence: int = 0
    manifest_path: str | None = None
    output_tail: str | None = None
    events: tuple[SessionEvent, ...] = ()
    timeline: tuple[TimelineEntry, ...] = ()
    metadata: dict[str, Any] = Field(default_factory=dict)

    @property
    def is_live(self) -> bool:
        """Whether an agent runs, or is about to."""
        return self.status in LIVE

    @property
    def has_program(self) -> bool:
        """Whether a program may run in it: also after it said that it is done, until its exit is known."""
        may_run_on = self.status is not SessionStatus.LOST and self.pid is not None and self.exit_code is None
        return self.is_live or may_run_on

    @property
    def awaits_approval(self) -> bool:
        """Whether a person has yet to say that it may start."""
        return self.is_live and self.approval is not None and self.approval.state is ApprovalState.PENDING

    @property
    def known_activity(self) -> Activity | None:
        """What its agent is doing; None when nobody watches it now, so that what was known may be stale."""
        return self.activity if self.is_live and self.lease is not None else None

    @property
    def needs_person(self) -> bool:
        """Whether its agent waits for a person, as far as is known.

        The agent's own question counts until the evidence, looked at after it was asked, says otherwise.
        """
        if not self.is_live:
            return False
        known, asked = self.known_activity, self.needs_input
        if known is None or known.state is ActivityState.UNKNOWN or self.awaits_approval:
            return asked.active
        if known.state is ActivityState.WAITING:
            return True
        return asked.active and (asked.since or 0) > known.since

    @property
    def question(self) -> str:
        """What it waits for, in words; empty when it waits for nobody, as far as is known."""
        if not self.needs_person:
            return ""
        known = self.known_activity
        if self.needs_input.active and self.needs_input.message:
            return self.needs_input.message
        return known.because if known is not None else ""

    @property
    def waits_since(self) -> int:
        """From when on it waits for a person, Unix ms; 0 when it does not."""
        if not self.needs_person:
            return 0
        known = self.known_activity
        return self.needs_input.since or (known.since if known is not None else self.updated_at)
