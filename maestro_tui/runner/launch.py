"""Turning a claimed session into a running PTY host."""

import asyncio
import logging
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maestro_tui.config.agents import agent_profiles
from maestro_tui.config.settings import Settings
from maestro_tui.domain.errors import MaestroError
from maestro_tui.domain.session import Session
from maestro_tui.files import ensure_private_directory
from maestro_tui.pane_variables import pane_variables
from maestro_tui.paths import Home
from maestro_tui.ptyhost.records import RunRecord
from maestro_tui.ptyhost.registry import socket_path
from maestro_tui.ptyhost.scope import scope_command
from maestro_tui.ptyhost.spec import HostSpec
from maestro_tui.ptyhost.starting import HostNotStarted, HostStarter, StartedHost
from maestro_tui.runner.agents import Brief, choose_agent, launch_line
from maestro_tui.runner.hooks import NO_HOOKS, Hooks, install_hooks
from maestro_tui.runner.pane_environment import pane_environment
from maestro_tui.runner.shim import install_shim
from maestro_tui.runner.versions import Versions, version_numbers
from maestro_tui.telemetry import tracing

__all__ = ["LaunchFailed", "Launched", "Launcher"]

LOG = logging.getLogger(__name__)

BRIEF_FILE = "brief.md"
RESUMED = (
    "You are back: this continues our conversation, in a new session of maestro whose variables are set anew."
    " Your brief, should you need it again: {path}. See with `maestro task get` where things stand, then go on."
)
"""What an agent is told that continues a conversation, in which its brief stands already."""
COLUMNS, ROWS = 80, 24
_SUGGESTIONS = {
    "agent_not_installed": "Install it, or choose another with --agent; maestro doctor shows which are here",
    "cwd_missing": "Create the directory, or change it: maestro project update",
    "timeout": "The machine is very busy; spawn the session again",
}


class LaunchFailed(MaestroError):
    """An agent could not be started. code: `agent_not_installed`, `cwd_missing`, `exec_failed`, `timeout`, …"""

    http_status = 500

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message, suggestion=_SUGGESTIONS.get(code))
        self.code = code


@dataclass(frozen=True, slots=True)
class Launched:
    """An agent that runs.

    typed: what is still to be typed into its terminal. conversation_id: what it calls its
    conversation, where that is known already.
    """

    run: RunRecord
    agent: str
    cwd: str
    typed: str | None
    conversation_id: str | None = None


class Launcher:
    """Starts PTY hosts on this machine, and collects them when they end."""

    def __init__(self, home: Home, settings: Settings, environ: Mapping[str, str]) -> None:
        self._home = home
        self._settings = settings
        self._environ = environ
        self._hosts: list[subprocess.Popen[bytes]] = []
        self._is_over = False
        self._versions = Versions(environ)
        survives = settings.sessions.survive_logout == "auto"
        self._starter = HostStarter(within=scope_command(environ) if survives else (), environ=environ)
        self.hostname = socket.gethostname()

    async def launch(
        self,
        session: Session,
        *,
        api_url: str,
        token: str,
        task_title: str = "",
        size: tuple[int, int] | None = None,
    ) -> Launched:
        """Start a session's agent and wait until it runs. Raises LaunchFailed, NotFound, Invalid.

        size: columns and rows of the pane that will show it, if that is known.
        """
        self.reap()
        agent = choose_agent(session.agent, self._settings, self._environ)
        cwd = self._directory(session)
        version = await self._version(agent)
        hooks = self._hooks(agent, session, version)
        line = launch_line(
            agent,
            self._settings,
            self._brief(session),
            session_id=session.id,
            task_id=session.task_ids[0] if session.task_ids else "",
            cwd=cwd,
            model=session.model,
            permissions=session.permissions,
            resume=session.conversation_id if session.resumes else None,
            hook_arguments=hooks.arguments,
            version=version,
        )
        variables = pane_variables(
            session,
            task_title=task_title,
            api_url=api_url,
            token=token,
            traceparent=tracing.current(),
            traces=tracing.is_on(),
        )
        columns, rows = size or (COLUMNS, ROWS)
        spec = HostSpec(
            session_id=session.id,
            argv=line.argv,
            cwd=cwd,
            env=self._environment(agent, session, variables) | dict(hooks.env) | {"PWD": cwd},
            columns=columns,
            rows=rows,
            directory=str(self._home.session(session.id)),
            socket=str(socket_path(self.runtime, session.id)),
            log_limit=self._settings.sessions.log_megabytes << 20,
            about=_about(session, agent, cwd),
        )
        with tracing.span("pty_host.start", maestro__agent=agent):
            run = await self._start(spec)
        return Launched(run, agent, cwd, line.typed, line.conversation_id)

    @property
    def runtime(self) -> Path:
        """Where the hosts of this home listen."""
        return self._home.runtime(self._environ)

    def prepare(self) -> None:
        """Have a host ready before one is asked for. Blocks for some milliseconds."""
        try:
            self._starter.prepare()
        except OSError as error:
            LOG.info("No PTY host can be started ahead of time: %s", error)

    def reap(self) -> None:
        """Collect the hosts that ended, so that none stays a zombie."""
        for host in tuple(self._hosts):
            if host.poll() is not None:
                self._hosts.remove(host)

    def let_go(self) -> None:
        """Wait for no host any more: they live on when this process ends."""
        self._is_over = True
        self._starter.close()
        while self._hosts:
            host = self._hosts.pop()
            if host.poll() is None:
                host.returncode = 0  # else `subprocess` warns of a child nobody waited for

    def _directory(self, session: Session) -> str:
        """Where the agent starts: the session's directory, `~` understood, else the person's home."""
        home = self._environ.get("HOME") or str(Path.home())
        if session.cwd == "~" or session.cwd.startswith("~/"):
            return home + session.cwd[1:]
        if session.cwd and not Path(session.cwd).is_absolute():  # from a document somebody wrote by hand
            raise LaunchFailed("cwd_missing", f"the working directory {session.cwd} is not an absolute path")
        return session.cwd or home

    async def _version(self, agent: str) -> tuple[int, ...] | None:
        """Of the agent's program, where it makes a difference: not every program can be asked."""
        profile = agent_profiles(self._settings)[agent]
        if profile.hooks == "none" and not profile.conversation_since:
            return None
        return version_numbers(await self._versions.of(profile))

    def _hooks(self, agent: str, session: Session, version: tuple[int, ...] | None) -> Hooks:
        """What lets the agent tell what it is doing. Without it the agent starts all the same."""
        profile = agent_profiles(self._settings)[agent]
        if profile.hooks == "none":
            return NO_HOOKS
        directory, maestro = self._home.session(session.id), self._home.bin / "maestro"
        environ = {**self._environ, **profile.env, **session.env}
        try:
            ensure_private_directory(directory)
            return install_hooks(profile.hooks, directory, maestro, environ, version)
        except OSError as error:
            LOG.warning("Session %s: its agent cannot tell what it is doing: %s", session.id, error)
            return NO_HOOKS

    def _brief(self, session: Session) -> Brief:
        path = self._home.session(session.id) / BRIEF_FILE
        if session.resumes:
            return Brief(RESUMED.format(path=path), path)
        try:
            return Brief(path.read_text(encoding="utf-8"), path)
        except (OSError, UnicodeDecodeError) as error:
            raise LaunchFailed("brief_missing", f"The brief {path} cannot be read: {error}") from error

    def _environment(self, agent: str, session: Session, variables: Mapping[str, str]) -> dict[str, str]:
        return pane_environment(
            self._environ,
            profile=agent_profiles(self._settings)[agent].env,
            session=session.env,
            pane=variables,
            shims=self._home.bin,
            home=self._home.root,
        )

    async def _start(self, spec: HostSpec) -> RunRecord:
        try:
            install_shim(self._home.bin)
            ensure_private_directory(self.runtime)
            ensure_private_directory(Path(spec.directory))
            return (await self._start_host(spec)).run
        except HostNotStarted as error:
            raise LaunchFailed(error.code, error.message) from error
        except OSError as error:
            raise LaunchFailed("host_failed", str(error)) from error

    async def _start_host(self, spec: HostSpec) -> StartedHost:
        """In a scope of its own where that works, else as any other process. Raises HostNotStarted."""
        starter = self._starter
        try:
            return await asyncio.to_thread(self._start_with, starter, spec)
        except HostNotStarted as error:
            if not starter.within or error.code not in ("host_failed", "timeout"):
                raise
            command, why = starter.within[0], error.message
            LOG.warning("Agents end when you log out: %s puts none into a scope: %s", command, why)
        if starter is self._starter:
            self._starter = HostStarter(environ=self._environ)
            starter.close()
        return await asyncio.to_thread(self._start_with, self._starter, spec)

    def _start_with(self, starter: HostStarter, spec: HostSpec) -> StartedHost:
        """Whoever waits for it may give up meanwhile: its host is collected, or let go, all the same."""
        started = starter.start(spec)
        self._hosts.append(started.process)
        if self._is_over:
            self.let_go()
        return started


def _about(session: Session, agent: str, cwd: str) -> dict[str, Any]:
    """What a host keeps of its session, in the words of the wire, so that it can be made known again."""
    return {
        "name": session.name,
        "projectId": session.project_id,
        "taskIds": list(session.task_ids),
        "role": session.role.value,
        "agent": agent,
        "cwd": cwd,
        "parentSessionId": session.parent_session_id,
        "rootSessionId": session.root_session_id,
    }
