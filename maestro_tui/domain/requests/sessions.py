"""Bodies about sessions: what they are, what is told of them, and what their agents are doing."""

from typing import Annotated, Literal

from pydantic import Field, JsonValue, StringConstraints

from maestro_tui.domain.activity import Evidence
from maestro_tui.domain.requests.body import Body, Directory, Fence, Id, Ids, Message, Name, Text, Word, on_strings
from maestro_tui.domain.session import NeedsInput
from maestro_tui.domain.status import ActivityState, Need, SessionStatus, session_status

__all__ = [
    "AddSessionEvent",
    "AddSessionTimelineEntry",
    "CreateSession",
    "ReportActivity",
    "ReportEvidence",
    "UpdateSession",
]

SessionWord = Annotated[SessionStatus, on_strings(session_status)]
StateWord = Annotated[ActivityState, on_strings(ActivityState)]
NeedWord = Annotated[Need, on_strings(Need)]
Conversation = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$")]
"""What an agent calls a conversation: it becomes a word of its command line, so never an option."""


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
    detail: Annotated[Text, StringConstraints(max_length=500)] = ""
    expires_in_ms: Annotated[int, Field(ge=1000, le=86_400_000)] | None = None


class ReportActivity(Body):
    """What a runner makes of all evidence. See `domain.activity`."""

    state: StateWord
    need: NeedWord | None = None
    because: Annotated[Text, StringConstraints(max_length=500)] = ""
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
    output_tail: Annotated[Text, StringConstraints(max_length=16384)] | None = None
    conversation_id: Conversation | None = None
    evidence: ReportEvidence | None = None
    activity: ReportActivity | None = None
    fence: Fence | None = None
