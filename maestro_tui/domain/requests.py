"""The bodies clients send. Known fields are checked strictly, unknown ones ignored.

Every text passes the gate of `domain.text` on its way in. In an update a field may be
absent (leave it), null (clear it) or a value: `changes()` holds only what was given.
"""

from collections.abc import Callable
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    model_validator,
)
from pydantic.alias_generators import to_camel

from maestro_tui.domain.activity import Evidence
from maestro_tui.domain.document import Part
from maestro_tui.domain.ids import ID_PATTERN
from maestro_tui.domain.session import NeedsInput
from maestro_tui.domain.status import (
    ActivityState,
    Need,
    Priority,
    SessionStatus,
    TaskStatus,
    session_status,
    task_status,
)
from maestro_tui.domain.text import clean_line, clean_text

__all__ = [
    "AddSessionEvent",
    "AddSessionTimelineEntry",
    "AddTimelineEntry",
    "AnswerOrder",
    "ClaimSession",
    "CreateProject",
    "CreateSession",
    "CreateSubtask",
    "CreateTask",
    "DecideApproval",
    "PauseSpawning",
    "ReleaseSession",
    "ReportActivity",
    "ReportEvidence",
    "RestartSession",
    "SendInput",
    "SpawnSession",
    "StopSession",
    "UpdateProject",
    "UpdateSession",
    "UpdateSubtask",
    "UpdateTask",
]


def _on_strings(function: Callable[[str], Any]) -> BeforeValidator:
    """Apply function to strings; whatever it cannot read goes on to the field's own check."""

    def apply(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return function(value)
        except ValueError:
            return value

    return BeforeValidator(apply)


def _placed(directory: str) -> str:
    """Who asks and who runs the agent stand in different places: a relative directory would mean neither's."""
    if directory and not directory.startswith(("/", "~/")) and directory != "~":
        raise ValueError("must be an absolute path, or begin with ~/")
    return directory


_LINE = _on_strings(clean_line)
_TEXT = _on_strings(clean_text)

Id = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
Ids = Annotated[tuple[Id, ...], Field(max_length=500)]
Name = Annotated[str, _LINE, StringConstraints(min_length=1, max_length=200)]
Title = Annotated[str, _LINE, StringConstraints(min_length=1, max_length=500)]
Word = Annotated[str, _LINE, StringConstraints(min_length=1, max_length=100)]
Directory = Annotated[str, _LINE, StringConstraints(max_length=4096), AfterValidator(_placed)]
Summary = Annotated[str, _TEXT, StringConstraints(max_length=2000)]
Message = Annotated[str, _TEXT, StringConstraints(min_length=1, max_length=8192)]
Description = Annotated[str, _TEXT, StringConstraints(max_length=65536)]
TaskWord = Annotated[TaskStatus, _on_strings(task_status)]
SessionWord = Annotated[SessionStatus, _on_strings(session_status)]
StateWord = Annotated[ActivityState, _on_strings(ActivityState)]
NeedWord = Annotated[Need, _on_strings(Need)]
Assignee = Annotated[Id | None, _on_strings(lambda text: text or None)]
"""Whose a task is; an empty text is nobody's."""
Conversation = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$")]
"""What an agent calls a conversation: it becomes a word of its command line, so never an option."""
Fence = Annotated[int, Field(ge=0)]
"""The number of a claim; 0 for a session that nobody ever claimed."""
Key = Annotated[str, StringConstraints(pattern=r"^((ctrl|alt|shift|meta|super)\+)*([a-z0-9_]{1,40}|[!-~])$")]

LARGEST_INPUT = 65536


def _typable(text: str) -> str:
    if len(text.encode("utf-8", "replace")) > LARGEST_INPUT:
        raise ValueError(f"must be at most {LARGEST_INPUT} bytes")
    if "\0" in text:
        raise ValueError("must not contain NUL")
    return text


class Body(BaseModel):
    """A request's body: camelCase, strict, tolerant of keys it does not know."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="ignore",
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
    )

    def changes(self) -> dict[str, Any]:
        """The fields that were given, by their Python names."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class CreateProject(Body):
    name: Name
    working_dir: Directory = ""
    description: Summary = ""


class UpdateProject(Body):
    name: Name | None = None
    working_dir: Directory | None = None
    description: Summary | None = None


class OfProject(Body):
    """Which project it is about, where the address does not say it."""

    project_id: Id


class CreateTeamMember(OfProject):
    """A named way to start an agent. mode: the role of its sessions, in any of the words in use."""

    name: Name
    role: Summary = ""
    identity: Description = ""
    avatar: Word = "•"
    mode: Word = "worker"
    model: Word | None = None
    agent_tool: Word | None = None
    permission_mode: Word | None = None
    skill_ids: Ids = ()


class UpdateTeamMember(OfProject):
    """What changes of one; what is not named stays."""

    name: Name | None = None
    role: Summary | None = None
    identity: Description | None = None
    avatar: Word | None = None
    mode: Word | None = None
    model: Word | None = None
    agent_tool: Word | None = None
    permission_mode: Word | None = None
    skill_ids: Ids | None = None
    memory: tuple[Summary, ...] | None = None


class CreateTeam(OfProject):
    """Members with one who leads them; the leader need not be named twice."""

    name: Name
    leader_id: Id
    member_ids: Ids = ()
    sub_team_ids: Ids = ()
    description: Summary = ""
    avatar: Word = "•"


class UpdateTeam(OfProject):
    """What changes of one; what is not named stays."""

    name: Name = ""
    leader_id: Id = ""
    member_ids: Ids = ()
    sub_team_ids: Ids = ()
    description: Summary = ""
    avatar: Word = ""


class OfTeamMembers(OfProject):
    member_ids: Annotated[tuple[Id, ...], Field(min_length=1, max_length=100)]


class OfSubTeam(OfProject):
    sub_team_id: Id


class Remember(OfProject):
    """Notes for a team member's memory."""

    entries: Annotated[tuple[Message, ...], Field(min_length=1, max_length=20)]


class LaunchConfig(Part):
    """How sessions of a task start their agent where their spawn does not say it; what else it says is kept."""

    provider: Word
    model: Word


class CreateTask(Body):
    project_id: Id
    title: Title
    description: Description = ""
    priority: Priority = Priority.MEDIUM
    parent_id: Id | None = None
    initial_prompt: Description = ""
    skill_ids: Ids = ()
    dependencies: Ids = ()
    team_member_id: Assignee = None
    team_id: Assignee = None
    launch_config: LaunchConfig | None = None


class UpdateTask(Body):
    """A change to a task.

    With update_source `session`, session_id and session_status, only that session's own
    status on the task is written.
    """

    title: Title | None = None
    description: Description | None = None
    status: TaskWord | None = None
    priority: Priority | None = None
    parent_id: Id | None = None
    initial_prompt: Description | None = None
    reason: Message | None = None
    session_ids: Ids | None = None
    skill_ids: Ids | None = None
    agent_ids: Ids | None = None
    dependencies: Ids | None = None
    team_member_id: Assignee = None
    team_id: Assignee = None
    launch_config: LaunchConfig | None = None
    update_source: Literal["user", "session"] | None = None
    session_id: Id | None = None
    session_status: Word | None = None


class AddTimelineEntry(Body):
    message: Message
    type: Word = "progress"
    session_id: Id | None = None


class CreateSubtask(Body):
    title: Title
    description: Description = ""


class UpdateSubtask(Body):
    title: Title | None = None
    description: Description | None = None
    completed: bool | None = None
    order: Annotated[int, Field(ge=0, le=100_000)] | None = None


class CreateSession(Body):
    """A session registered by hand. taskId, the older spelling, counts as one more of taskIds.

    parentSessionId, rootSessionId, role, agent, cwd: as it was started with, for one made known again.
    """

    id: Id | None = None
    project_id: Id
    task_ids: Ids = ()
    task_id: Id | None = None
    name: Name | None = None
    status: SessionWord = SessionStatus.RUNNING
    parent_session_id: Id | None = None
    root_session_id: Id | None = None
    role: Literal["worker", "orchestrator"] = "worker"
    agent: Word | None = None
    cwd: Directory | None = None
    env: dict[str, str] = Field(default_factory=dict)
    metadata: dict[str, JsonValue] = Field(default_factory=dict)


class AddSessionEvent(Body):
    type: Word
    data: JsonValue = None


class AddSessionTimelineEntry(Body):
    message: Message
    type: Word = "progress"
    task_id: Id | None = None
    metadata: dict[str, JsonValue] | None = None


class ReportEvidence(Body):
    """What somebody knows of an agent's activity. source: a person, the agent itself, its hooks or its notices.

    expiresInMs: from then on it says nothing any more.
    """

    source: Literal["person", "report", "hook", "notification"]
    state: StateWord
    need: NeedWord | None = None
    detail: Annotated[str, _TEXT, StringConstraints(max_length=500)] = ""
    expires_in_ms: Annotated[int, Field(ge=1000, le=86_400_000)] | None = None


class ReportActivity(Body):
    """What a runner makes of all evidence. See `domain.activity`."""

    state: StateWord
    need: NeedWord | None = None
    because: Annotated[str, _TEXT, StringConstraints(max_length=500)] = ""
    since: Annotated[int, Field(ge=0)]
    evidence: Annotated[tuple[Evidence, ...], Field(max_length=16)] = ()


class UpdateSession(Body):
    """A change to a session. env is merged, events and timeline are appended.

    fence: a runner's report carries the fence of its claim; an older one is refused.
    """

    name: Name | None = None
    status: SessionWord | None = None
    reason: Message | None = None
    task_ids: Ids | None = None
    env: dict[str, str] | None = None
    events: tuple[AddSessionEvent, ...] | None = None
    timeline: tuple[AddSessionTimelineEntry, ...] | None = None
    needs_input: NeedsInput | None = None
    agent: Word | None = None
    pid: Annotated[int, Field(ge=1)] | None = None
    hostname: Word | None = None
    cwd: Directory | None = None
    exit_code: Annotated[int, Field(ge=-255, le=255)] | None = None
    output_tail: Annotated[str, _TEXT, StringConstraints(max_length=16384)] | None = None
    conversation_id: Conversation | None = None
    evidence: ReportEvidence | None = None
    activity: ReportActivity | None = None
    fence: Fence | None = None


class ClaimSession(Body):
    """A claim, or its renewal. fence: required to renew, absent to claim."""

    runner_id: Id
    lease_ms: Annotated[int, Field(ge=1000, le=600_000)] = 10_000
    fence: Fence | None = None


class ReleaseSession(Body):
    runner_id: Id
    fence: Fence | None = None


class DecideApproval(Body):
    """A person's word on a spawn. reason: for whoever asked."""

    reason: Message | None = None


class PauseSpawning(Body):
    reason: Message | None = None


class RestartSession(Body):
    """Another try with the same brief. spawnSource: who asks; by default as with a spawn.

    resume: the agent continues the conversation it had, instead of beginning a new one.
    """

    spawn_source: Literal["ui", "session", "cli"] | None = None
    resume: bool = False


class SendInput(Body):
    """What is typed into a session: text, then keys, then Enter.

    text passes no gate, because a terminal is what it is for. keys: `escape`, `up`, `ctrl+c`, `y`.
    """

    text: Annotated[str, AfterValidator(_typable)] = ""
    keys: Annotated[tuple[Key, ...], Field(max_length=100)] = ()
    enter: bool = False

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.text or self.keys or self.enter):
            raise ValueError("one of text, keys and enter is required")
        return self


class StopSession(Body):
    """Ends a session: HUP, TERM and KILL with time between; asked again, the next of them at once."""

    reason: Annotated[str, _TEXT, StringConstraints(max_length=2000)] = ""


class AnswerOrder(Body):
    """What became of an order. error: why it could not be done, as a sentence for whoever gave it."""

    fence: Fence
    done: bool
    error: Annotated[str, _TEXT, StringConstraints(max_length=2000)] = ""


class SpawnSession(Body):
    """A spawn, after its checks: the one spelling of every field.

    The spellings in use by older clients are mapped by `services.spawning`, which also
    gives each failed check a code of its own. brief: a person's own text, instead of the one we write.
    """

    project_id: Id
    task_ids: Ids
    name: Name | None = None
    skill_ids: Ids = ()
    role: Literal["worker", "orchestrator"] = "worker"
    agent: Word | None = None
    model: Word | None = None
    parent_session_id: Id | None = None
    spawn_source: Literal["ui", "session", "cli"] = "cli"
    reason: Annotated[str, _TEXT, StringConstraints(max_length=8192)] = ""
    context: JsonValue = None
    cwd: Directory | None = None
    brief: Annotated[str, _TEXT, StringConstraints(max_length=122_880)] | None = None
    team_member_id: Id | None = None
