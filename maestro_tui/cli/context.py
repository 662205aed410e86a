"""Where we stand: which server, which project, session and tasks, and where each is known from.

A value comes from a flag, the environment, the `config` file of MAESTRO_HOME, or for the
server the discovery file of a running one; the first that has it wins.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from maestro_tui import environment
from maestro_tui.cli.diagnostics import Failure
from maestro_tui.domain.ids import is_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from maestro_tui.discovery import Discovery
    from maestro_tui.paths import Home

__all__ = ["Context", "Server", "Setting", "checked_id", "debugging", "read_config", "visible_ascii"]

DEFAULT_URL = "http://127.0.0.1:4567"
PLAIN_HOST = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-.")


class Setting:
    """A value and where it came from, in words for a message."""

    __slots__ = ("source", "value")

    def __init__(self, value: str, source: str) -> None:
        self.value = value
        self.source = source


class Server:
    """Whom to ask. url: without token and without a slash at the end. source: where it is known from."""

    __slots__ = ("host", "path", "port", "proven", "secure", "source", "token", "url")

    def __init__(self, address: str, source: str, *, proven: bool = True) -> None:
        """Raises Failure when the address is not one. The token of the capability form is taken out.

        proven: False for an address that nobody gave: it has to prove that it knows the token first.
        """
        self.proven = proven
        scheme, self.host, port, path = _split(address, source)
        self.secure = scheme == "https"
        self.port = port or (443 if self.secure else 80)
        self.source = source
        path = path.rstrip("/")
        before, mark, after = path.partition("/~")
        token, _, rest = after.partition("/")
        self.token = token if mark else None
        self.path = (before + (f"/{rest}" if rest else "")).removesuffix("/api")
        name = f"[{self.host}]" if ":" in self.host else self.host
        self.url = f"{scheme}://{name}:{self.port}{self.path}"


class Context:
    """The place a command is run in. Files are read only when a value is nowhere else."""

    def __init__(
        self, environ: Mapping[str, str], *, server: str | None = None, project: str | None = None
    ) -> None:
        self.environ = environ
        self._server_flag = server
        self._project_flag = project
        self._config: dict[str, str] | None = None
        self._home: Home | None = None

    @property
    def home(self) -> Home:
        if self._home is None:
            from maestro_tui.paths import Home

            self._home = Home.from_environment(self.environ)
        return self._home

    @property
    def config(self) -> dict[str, str]:
        if self._config is None:
            self._config = read_config(self.home) if _may_have_config(self.environ) else {}
        return self._config

    def setting(self, name: str) -> Setting | None:
        """A MAESTRO_ variable, from the environment or the config file; None when it is empty or absent."""
        if value := self.environ.get(name, "").strip():
            return Setting(value, name)
        if value := self.config.get(name, "").strip():
            return Setting(value, f"{name} in {self.home.cli_config}")
        return None

    def value(self, name: str) -> str | None:
        setting = self.setting(name)
        return setting.value if setting else None

    def server(self) -> Server:
        """Raises Failure when the address that was given is not one."""
        if self._server_flag:
            return self._with_token(Server(self._server_flag, "--server"))
        if setting := self.setting(environment.API_URL) or self.setting(environment.SERVER_URL):
            return self._with_token(Server(setting.value, setting.source))
        if found := self.discovered():
            return self._with_token(Server(found.url, f"{self.home.discovery}"))
        url, source = DEFAULT_URL, "the default"
        if (port := self.setting(environment.PORT)) and port.value != "0":  # 0: any free one, so none to guess
            url, source = f"http://127.0.0.1:{port.value}", port.source
        return self._with_token(Server(url, f"{source}; no server has published itself", proven=False))

    def moved(self, server: Server) -> Server | None:
        """Where a server of this machine is now that nobody answers there; None when it published no other place.

        An agent outlives the server that it was told of, and the next one may have another port. Its token, which
        is as good there, tells it from a person who named an address.
        """
        was_told = server.source in (environment.API_URL, environment.SERVER_URL) and server.token is not None
        if not was_told or (found := self.discovered()) is None:
            return None
        there = Server(found.url, f"{self.home.discovery}")
        if _loopback(server.host) != _loopback(there.host) or server.port == there.port:
            return None
        there.token = server.token
        return there

    def discovered(self) -> Discovery | None:
        """The running server of this home."""
        from maestro_tui import discovery

        return discovery.read(self.home)

    def project(self) -> Setting | None:
        if self._project_flag:
            return Setting(self._project_flag, "--project")
        return self.setting(environment.PROJECT_ID)

    @property
    def session_id(self) -> str | None:
        return self.value(environment.SESSION_ID)

    @property
    def task_ids(self) -> list[str]:
        return environment.task_ids({environment.TASK_IDS: self.value(environment.TASK_IDS) or ""})

    def require_session(self, given: str | None = None) -> str:
        """The given session, or our own. Raises Failure when there is none."""
        session_id = given or self.session_id
        if session_id is None:
            raise Failure(
                "missing_required_field",
                "No session is named and MAESTRO_SESSION_ID is not set: this is no pane of a session",
                suggestion="maestro session list",
            )
        return checked_id(session_id, "session")

    def require_task(self, given: str | None = None) -> str:
        """The given task, or the only one of ours. Raises Failure when there is none or several."""
        if given:
            return checked_id(given, "task")
        own = self.task_ids
        if len(own) == 1:
            return checked_id(own[0], "task")
        if own:
            raise Failure(
                "missing_task_id",
                f"MAESTRO_TASK_IDS holds {len(own)} tasks; say which one: {', '.join(own)}",
                suggestion=f"maestro task get {own[0]}",
                details={"taskIds": own},
            )
        raise Failure(
            "missing_task_id",
            "No task is named and MAESTRO_TASK_IDS is not set; give the task's id, or export MAESTRO_TASK_IDS=ID",
            suggestion="maestro task list",
        )

    def _with_token(self, server: Server) -> Server:
        if server.token is None:
            server.token = self.value(environment.TOKEN) or self._owner_token(server)
        if server.token is not None and not visible_ascii(server.token):
            raise Failure(
                "permission_denied",
                "The token holds characters that no token has",
                suggestion="unset MAESTRO_TOKEN",
            )
        return server

    def _owner_token(self, server: Server) -> str | None:
        # The owner's token goes to the server that published it and to no other.
        found = self.discovered()
        if found is None:
            return None
        own = Server(found.url, "discovery")
        same = _loopback(own.host) == _loopback(server.host) and own.port == server.port
        return found.token if same else None


def read_config(home: Home) -> dict[str, str]:
    """`KEY=value` lines; `#` starts a comment line, quotes around a value go. Empty when there is no file."""
    try:
        text = home.cli_config.read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        message = f"{home.cli_config} cannot be read: {error.strerror}"
        raise Failure("invalid_request", message, suggestion=f"ls -ld {home.cli_config}") from None
    values = {}
    for line in text.splitlines():
        key, equals, value = line.strip().removeprefix("export ").partition("=")
        if equals and not key.startswith("#"):
            values[key.strip()] = _unquoted(value.strip())
    return values


def checked_id(text: str, kind: str) -> str:
    """The id, or Failure when no id can look like this."""
    if is_id(text):
        return text
    code = "invalid_task_id" if kind == "task" else "invalid_request"
    raise Failure(
        code,
        f"'{text[:80]}' is no id of a {kind}; ids look like {kind[:4]}_1760000000000_k3v9x0a1b",
        suggestion=f"maestro {kind} list",
    )


def visible_ascii(text: str) -> bool:
    """Whether text may stand in a header: no spaces, no control characters, nothing beyond ASCII."""
    return all("!" <= character <= "~" for character in text)


def debugging(environ: Mapping[str, str] = os.environ) -> bool:
    return environ.get(environment.DEBUG, "").lower() in ("1", "true", "yes", "on")


def _split(address: str, source: str) -> tuple[str, str, int | None, str]:
    """Scheme, host, port and path of an address. Raises Failure when it is not one."""
    if (plain := _plain_parts(address.strip())) is not None:
        return plain
    from urllib.parse import urlsplit  # costly, and nearly every address is plain

    try:
        found = urlsplit(address.strip())
        if (
            found.scheme in ("http", "https")
            and found.hostname
            and found.port != 0
            and visible_ascii(found.geturl())
        ):
            return found.scheme, found.hostname, found.port, found.path
    except ValueError:  # a port or an IPv6 address that is none
        pass
    raise Failure(
        "invalid_request",
        f"'{address}' is no address of a server ({source}); one looks like {DEFAULT_URL}",
        suggestion="maestro whoami",
    )


def _plain_parts(address: str) -> tuple[str, str, int | None, str] | None:
    """The parts of `http://name:port/path`, where nothing in it needs a second look; None for any other."""
    scheme, mark, rest = address.partition("://")
    place, slash, path = rest.partition("/")
    host, _, port = place.partition(":")
    simple = (
        mark
        and scheme in ("http", "https")
        and host
        and PLAIN_HOST.issuperset(host)
        and (port == "" if ":" not in place else port.isascii() and port.isdigit() and 0 < int(port) < 65536)
        and visible_ascii(path)
        and not any(character in path for character in "?#;")
    )
    return (scheme, host, int(port) if port else None, slash + path) if simple else None


def _may_have_config(environ: Mapping[str, str]) -> bool:
    """Whether it is worth loading what knows where the `config` file lies: seldom is there one."""
    root = environ.get(environment.HOME) or os.path.join(environ.get("HOME", "~"), ".maestro")  # noqa: PTH118
    return root.startswith("~") or os.path.lexists(os.path.join(root, "config"))  # noqa: PTH118


def _loopback(host: str) -> str:
    return "127.0.0.1" if host in ("localhost", "::1") else host


def _unquoted(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if quoted else value
