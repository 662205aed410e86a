"""Bodies about sessions that are to be started: a spawn, another try, and a person's word on either."""

from typing import Annotated, Literal

from pydantic import JsonValue, StringConstraints

from maestro_tui.domain.requests.body import Body, Directory, Id, Ids, Message, Name, Text, Word

__all__ = ["DecideApproval", "PauseSpawning", "RestartSession", "SpawnSession"]


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
    reason: Annotated[Text, StringConstraints(max_length=8192)] = ""
    context: JsonValue = None
    cwd: Directory | None = None
    brief: Annotated[Text, StringConstraints(max_length=122_880)] | None = None
    team_member_id: Id | None = None


class RestartSession(Body):
    """Another try with the same brief. spawnSource: who asks; by default as with a spawn.

    resume: the agent continues the conversation it had, instead of beginning a new one.
    """

    spawn_source: Literal["ui", "session", "cli"] | None = None
    resume: bool = False


class DecideApproval(Body):
    """A person's word on a spawn. reason: for whoever asked."""

    reason: Message | None = None


class PauseSpawning(Body):
    reason: Message | None = None
