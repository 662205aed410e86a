"""What may be configured: the shape of `config.toml`, every key with its default and meaning."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from maestro_tui.domain.status import ActivityState, Need

__all__ = [
    "AgentProfile",
    "AttentionSettings",
    "Confirmation",
    "ReconnectSettings",
    "ServerSettings",
    "SessionSettings",
    "Settings",
    "Sign",
    "SpawnPolicy",
    "SpawnRoles",
    "UiSettings",
]

Confirmation = Literal["allow", "ask", "deny"]
"""Whether something may happen, from the mildest to the strictest: `ask` needs a person's word."""


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from error
    return value


AgentName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]


class Section(BaseModel):
    """A table of the file: camelCase keys, frozen, unknown keys reported by the reader."""

    model_config = ConfigDict(
        frozen=True,
        use_attribute_docstrings=True,
        extra="forbid",
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
    )


class Sign(Section):
    """What a terminal title, a notification or the end of the screen of an agent says of its activity.

    pattern: a regular expression, searched for in the text. need: what it waits for, with `waiting`.
    """

    pattern: Annotated[str, AfterValidator(_pattern)]
    state: ActivityState
    need: Need | None = None


class AgentProfile(Section):
    """An agent: a program we know how to start. Words may hold placeholders; nothing is a shell string.

    command: argv; needed for agents of your own. Placeholders: `{brief}` the brief's text,
        `{brief_file}` its file, `{task_id}`, `{session_id}`, `{cwd}`, `{model}`, `{conversation_id}`.
    model_arguments: added when the spawn names a model.
    conversation_arguments: added to a new conversation, whose `{conversation_id}` (a UUID) is made for it.
    conversation_since: the first version that knows them, as `0.45`; empty: every one does.
    resume_arguments: added instead of those when an earlier conversation goes on; none: it cannot.
    resume_command: argv then, where it is another one; the brief is handed over as `brief` says.
    permissions: which of permission_arguments are added.
    permission_arguments: for each word that `permissions` may be, what asks for it.
    brief: how the brief reaches the agent when the command has no placeholder for it:
        `argument` (as the last argument), `file` (its path as the last argument),
        `stdin` (typed into the terminal once the agent is up; one line that points to the file
        where the command has that) or `none`.
    env: added to the agent's environment.
    hooks: whose way of calling hooks it understands; they tell what it is doing.
    state_file: whose way of keeping a file about its conversation it has; the last step in it is evidence.
    version_arguments: make it print its version and end.
    titles, notifications: what its terminal title and its notifications tell; the first that fits counts.
    screen: what the end of its screen tells, the last 20 rows that hold something, as long as that stands there.
    clipboard: what happens when the agent wants to put text on the clipboard (OSC 52): `ask` shows
        it first, `allow` does it, `deny` does nothing. No agent can read the clipboard.
    """

    command: tuple[str, ...] = ()
    model_arguments: tuple[str, ...] = ()
    conversation_arguments: tuple[str, ...] = ()
    conversation_since: Annotated[str, Field(pattern=r"^(\d+(\.\d+)*)?$")] = ""
    resume_arguments: tuple[str, ...] = ()
    resume_command: tuple[str, ...] = ()
    permissions: str = "ask"
    permission_arguments: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    brief: Literal["argument", "file", "stdin", "none"] = "argument"
    env: dict[str, str] = Field(default_factory=dict)
    hooks: Literal["claude", "codex", "gemini", "opencode", "aider", "none"] = "none"
    state_file: Literal["claude", "codex", "none"] = "none"
    version_arguments: tuple[str, ...] = ("--version",)
    titles: tuple[Sign, ...] = ()
    notifications: tuple[Sign, ...] = ()
    screen: tuple[Sign, ...] = ()
    clipboard: Confirmation = "ask"


class SpawnRoles(Section):
    """What a spawn of each role needs.

    `allow`: nothing. `ask`: a person's word, unless a person asked for it. `deny`: it is refused.
    """

    worker: Confirmation = "allow"
    orchestrator: Confirmation = "allow"


class SpawnPolicy(Section):
    """Limits on spawning, enforced by the server per project."""

    max_depth: Annotated[int, Field(ge=0, le=100)] = 3
    """How deep a session may spawn below the one a person started."""
    max_live: Annotated[int, Field(ge=1, le=10_000)] = 32
    """How many sessions of a project may be live at once."""
    max_per_parent: Annotated[int, Field(ge=1, le=10_000)] = 16
    """How many of the sessions that one session started may be live at once."""
    max_per_minute: Annotated[int, Field(ge=1, le=100_000)] = 20
    """How many sessions of a project may be spawned within a minute."""
    claim_seconds: Annotated[int, Field(ge=1, le=86_400)] = 60
    """How long a spawn waits for a runner before it fails."""
    brief_bytes: Annotated[int, Field(ge=16_384, le=122_880)] = 98_304
    """How large a brief may be; what is beyond is cut, and the brief says how to read it. Linux passes 128 KiB."""
    roles: SpawnRoles = SpawnRoles()
    """Which spawns a person is asked about."""


class SessionSettings(Section):
    """How agents run on this machine."""

    log_megabytes: Annotated[int, Field(ge=1, le=65_536)] = 64
    """How much of a session's output is kept; beyond, the oldest goes."""
    scrollback_lines: Annotated[int, Field(ge=0, le=1_000_000)] = 100_000
    """How many lines a terminal keeps above its screen; fewer where they would cost more than 256 MiB."""
    survive_logout: Literal["auto", "never"] = "auto"
    """`auto`: each PTY host gets a systemd scope of its own where there is a user manager."""


class ServerSettings(Section):
    port: Annotated[int, Field(ge=0, le=65_535)] = 4567
    """The port asked for; the next free one is used when it is taken. 0: any free port."""
    max_connections: Annotated[int, Field(ge=1, le=100_000)] = 64
    """How many WebSocket connections may be open at once."""
    bind: str = ""
    """A further address to listen on, beyond loopback; takes a token of one's own and TLS or a proxy."""
    tls_cert: str = ""
    """The file of the certificate chain, PEM."""
    tls_key: str = ""
    """The file of the certificate's key, PEM."""
    behind_proxy: bool = False
    """A proxy in front ends TLS and says in X-Forwarded-For for whom it speaks."""
    allowed_hosts: tuple[str, ...] = ()
    """Further names the server answers to, without a port."""
    token_file: str = ""
    """The file that holds the owner's token; by default a new one is made at every start."""
    heartbeat_seconds: Annotated[float, Field(ge=0.1, le=300)] = 15.0
    """How often both sides say that they are alive; a client that heard nothing for two of these reconnects."""


class TelemetrySettings(Section):
    """What is told to programs that watch."""

    traces: bool = False
    """Send traces to OTEL_EXPORTER_OTLP_ENDPOINT; takes the extra `otel`."""


class ReconnectSettings(Section):
    """How a cockpit comes back to a server that does not answer; each wait is drawn at random below its limit."""

    first_seconds: Annotated[float, Field(ge=0.05, le=60)] = 1.0
    """The most before the first attempt; the limit doubles with each further one."""
    longest_seconds: Annotated[float, Field(ge=0.05, le=3600)] | None = None
    """The most before any attempt; by default 5 for a server on this machine, 30 elsewhere."""


class UiSettings(Section):
    theme: str = "maestro-dark"
    """A theme of `themes/*.toml` or of Textual."""
    prefix: str = "ctrl+b"
    """The one key a focused pane does not get; twice sends it. If unset, `ctrl+g` inside tmux or zellij."""
    second_prefix: str = "f12"
    """Does the same where the outer terminal takes the prefix; empty for none."""


def _hours(value: str) -> str:
    if value and not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d", value):
        raise ValueError("is no span of the day, as in 22:00-07:30")
    return value


class AttentionSettings(Section):
    """How a person is told that an agent waits for them, beside what the screen shows."""

    desktop: Literal["off", "osc9", "osc777", "notify-send"] = "off"
    """A desktop notification: through the terminal around the cockpit (OSC 9 or 777), or by `notify-send`."""
    sound: bool = False
    """Ring the terminal's bell."""
    needs: tuple[Need, ...] = tuple(Need)
    """What is worth it: `question`, `permission`, `error`."""
    after_seconds: Annotated[float, Field(ge=0, le=3600)] = 3.0
    """How long an agent must have waited: what is answered at once disturbs nobody."""
    quiet_hours: Annotated[str, AfterValidator(_hours)] = ""
    """Neither sound nor desktop notifications then, by this machine's clock; empty for never."""


class Settings(Section):
    agent: AgentName | None = None
    """The agent of spawns that name none; by default the first one installed, else a shell."""
    agents: dict[AgentName, AgentProfile] = Field(default_factory=dict)
    """Agents of your own, or changed ones."""
    attention: AttentionSettings = AttentionSettings()
    spawn: SpawnPolicy = SpawnPolicy()
    sessions: SessionSettings = SessionSettings()
    server: ServerSettings = ServerSettings()
    telemetry: TelemetrySettings = TelemetrySettings()
    reconnect: ReconnectSettings = ReconnectSettings()
    keys: dict[str, str] = Field(default_factory=dict)
    """Action id to key, as in `"task.complete" = "space"`."""
    ui: UiSettings = UiSettings()
