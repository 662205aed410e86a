"""The owner's token: where it comes from, and giving it up for a new one while the server runs."""

import os
import secrets
import stat
from collections.abc import Callable, MutableMapping
from pathlib import Path

from maestro_tui.domain.errors import BusinessRuleBroken, Invalid
from maestro_tui.telemetry.logs import conceal

__all__ = ["TOKEN_VARIABLE", "OwnerToken", "given_token"]

TOKEN_VARIABLE = "MAESTRO_OWNER_TOKEN"  # noqa: S105 - the variable's name
SHORTEST = 32
LONGEST_FILE = 4096


class OwnerToken:
    """The value in force.

    given: a person chose it, in a file or a variable; such a one is changed there. publish: tells
    those who look for the server of a new value, before it is in force.
    """

    def __init__(
        self, value: str, *, given: bool = False, publish: Callable[[str], None] = lambda _: None
    ) -> None:
        self.value = value
        self.given = given
        self._publish = publish
        conceal(value)

    @classmethod
    def made(cls) -> "OwnerToken":
        """A new one of 256 bits."""
        return cls(secrets.token_urlsafe(32))

    def on_change(self, publish: Callable[[str], None]) -> None:
        """Call publish with each new value before it is in force."""
        self._publish = publish

    def rotate(self) -> None:
        """From now on another value is in force. Raises BusinessRuleBroken when a person chose the present one."""
        if self.given:
            raise BusinessRuleBroken(
                "This server's token was given to it and is changed where it was given",
                suggestion=f"Change the file of server.tokenFile, or {TOKEN_VARIABLE}, and start the server again",
            )
        value = secrets.token_urlsafe(32)
        conceal(value)
        self._publish(value)
        self.value = value


def given_token(token_file: str, environ: MutableMapping[str, str] = os.environ) -> str | None:
    """The token a person chose: the variable, which no program we start gets to see, else the file.

    Raises Invalid for one that is short, or a file that others can read.
    """
    if value := environ.pop(TOKEN_VARIABLE, ""):
        return _long_enough(value, TOKEN_VARIABLE)
    return _long_enough(_read(Path(token_file).expanduser()), token_file) if token_file else None


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            # A secret that a container is given belongs to root and is readable for all in it.
            if status.st_mode & 0o077 and status.st_uid == os.getuid() != 0:
                raise Invalid(f"{path} is open to others", suggestion=f"chmod 600 {path}")
            if status.st_mode & stat.S_IWOTH:
                raise Invalid(f"{path} can be written by others", suggestion=f"chmod 600 {path}")
            return file.read(LONGEST_FILE).decode("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"The token in {path} cannot be read: {error}") from None


def _long_enough(token: str, where: str) -> str:
    if len(token) < SHORTEST or not token.isascii() or not token.isprintable() or " " in token or "/" in token:
        raise Invalid(
            f"{where}: a token must be at least {SHORTEST} letters, digits and signs, without blanks or slashes",
            suggestion="Make one: python3 -c 'import secrets; print(secrets.token_urlsafe(32))'",
        )
    return token
