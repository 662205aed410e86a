"""Where configuration, data, runtime sockets and bundled files live.

Documents inside the data directory are the store's business; everything else that has a
place on disk is named here once.
"""

import os
from collections.abc import Mapping
from pathlib import Path

__all__ = ["Home", "bundled"]

PACKAGE = Path(__file__).parent

LONGEST_RUNTIME = 56
"""Bytes of the runtime directory's path: a socket's path may hold 103 on macOS, and its name takes the rest."""


class Home:
    """The directories and files of one MAESTRO_HOME. Building one touches nothing on disk."""

    __slots__ = ("data", "root", "sessions", "skill_library")

    def __init__(self, root: Path, *, data: Path, sessions: Path, skill_library: Path) -> None:
        self.root = root
        self.data = data
        self.sessions = sessions
        self.skill_library = skill_library

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Home":
        """MAESTRO_HOME (default `~/.maestro`), with DATA_DIR and SESSION_DIR overriding its two parts."""
        user = Path(environ.get("HOME") or Path.home())
        root = _absolute(environ.get("MAESTRO_HOME"), user / ".maestro", user)
        return cls(
            root,
            data=_absolute(environ.get("DATA_DIR"), root / "data", user),
            sessions=_absolute(environ.get("SESSION_DIR"), root / "sessions", user),
            skill_library=_absolute(environ.get("SKILLS_DIR"), user / ".agents-ui" / "maestro-skills", user),
        )

    @property
    def config(self) -> Path:
        """Settings of this user, TOML."""
        return self.root / "config.toml"

    @property
    def cli_config(self) -> Path:
        """`KEY=value` lines the `maestro` command reads when the environment lacks them."""
        return self.root / "config"

    @property
    def discovery(self) -> Path:
        """Written by a ready server: how to reach it, and its owner's token. Mode 0600."""
        return self.root / "server.json"

    @property
    def signing_key(self) -> Path:
        """The key that session tokens are derived from, so that they outlive a server. Mode 0600."""
        return self.root / "token.key"

    @property
    def revoked_tokens(self) -> Path:
        """The sessions whose tokens were taken away."""
        return self.root / "revoked-tokens.json"

    @property
    def spawn_pause(self) -> Path:
        """There for as long as spawning is paused."""
        return self.root / "spawning-paused.json"

    @property
    def skills(self) -> Path:
        return self.root / "skills"

    @property
    def themes(self) -> Path:
        return self.root / "themes"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def state(self) -> Path:
        """What the cockpit remembers between starts: layout, outbox, expanded nodes."""
        return self.root / "state"

    @property
    def bin(self) -> Path:
        """Holds the `maestro` that panes find first on PATH."""
        return self.root / "bin"

    def session(self, session_id: str) -> Path:
        """A session's own directory: manifest, brief, recorded output, run and exit records."""
        return self.sessions / session_id

    def runtime(self, environ: Mapping[str, str] = os.environ) -> Path:
        """Where PTY hosts listen: `$XDG_RUNTIME_DIR`, else a directory of this user's for temporary files.

        A place whose name is too long for sockets is passed over, `/tmp` being the last resort.
        The name holds a digest of the home, so that two homes never meet.
        """
        import hashlib  # the `maestro` command reads paths too, and needs neither of these
        import tempfile

        digest = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:10]
        own = f"maestro-{os.getuid()}"
        base = environ.get("XDG_RUNTIME_DIR")
        places = [Path(base) / "maestro" / digest] if base else []
        places += [Path(tempfile.gettempdir()) / own / digest, Path("/tmp") / own / digest]  # noqa: S108 - made 0700
        return next((place for place in places if len(os.fsencode(place)) <= LONGEST_RUNTIME), places[-1])


def bundled(name: str) -> Path:
    """The directory of data shipped with the product: `skills` or `themes`.

    A wheel carries them inside the package; a checkout holds them beside it.
    """
    packaged = PACKAGE / "bundled" / name
    return packaged if packaged.is_dir() else PACKAGE.parent / name


def _absolute(value: str | None, default: Path, user: Path) -> Path:
    if not value:
        return default
    if value == "~" or value.startswith("~/"):
        return user / value[2:]
    return Path(value).absolute()
