"""The shapes the command table is made of, and how a command's usage is written."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Argument", "Command", "Flag"]


class Argument:
    """A positional argument.

    key: its name in the invocation; in capitals, in the usage.
    also: flags that fill it too, since many people type `--title X` where X is enough.
    many: takes all that is left. required: False when the context can supply it.
    flag_first: shown in the usage as its first flag; optional arguments before it get their words first.
    offers: what completion offers, `task`, `session`, `project`, `skill` or words.
    """

    __slots__ = ("also", "flag_first", "help", "key", "many", "offers", "required")

    def __init__(
        self,
        key: str,
        help: str,  # noqa: A002 - the word of the trade
        *,
        also: Sequence[str] = (),
        required: bool = True,
        many: bool = False,
        flag_first: bool = False,
        offers: str = "",
    ) -> None:
        self.key = key
        self.help = help
        self.also = tuple(also)
        self.required = required
        self.many = many
        self.flag_first = flag_first
        self.offers = offers

    @property
    def label(self) -> str:
        """`TITLE`, `[TASK]`, `[SESSION…]`, `--task ID`."""
        name = self.key.upper().replace("_", "-") + ("…" if self.many else "")
        if self.flag_first:
            name = f"{self.also[0]} {name}"
        return name if self.required else f"[{name}]"


class Flag:
    """A flag. value: what its value is called, empty for a switch. many: may be repeated, or hold commas."""

    __slots__ = ("help", "hidden", "key", "many", "names", "offers", "value")

    def __init__(
        self,
        names: str,
        help: str,  # noqa: A002 - the word of the trade
        *,
        value: str = "",
        many: bool = False,
        offers: str = "",
        hidden: bool = False,
    ) -> None:
        self.names = tuple(names.split())
        self.key = self.names[0].lstrip("-").replace("-", "_")
        self.help = help
        self.value = value
        self.many = many
        self.offers = offers
        self.hidden = hidden

    @property
    def label(self) -> str:
        """`-t, --title TITLE`, short form first."""
        shown = ", ".join(sorted(self.names, key=len)) if len(self.names) < 4 else self.names[0]
        return f"{shown} {self.value}".rstrip()


class Command:
    """One thing the command can do.

    path: `task create`. aliases: other paths that mean the same.
    handler: `module:function` below `maestro_tui.cli.commands`, imported when it is chosen.
    details: what help says below the summary. hidden: not in help.
    silent: for hooks; prints nothing but what --json asks for, and ends with 0 whatever happens.
    """

    __slots__ = (
        "aliases",
        "arguments",
        "details",
        "examples",
        "flags",
        "handler",
        "hidden",
        "path",
        "silent",
        "summary",
    )

    def __init__(
        self,
        path: str,
        handler: str,
        summary: str,
        *arguments: Argument,
        flags: Sequence[Flag] = (),
        aliases: Sequence[str] = (),
        details: str = "",
        examples: Sequence[str] = (),
        hidden: bool = False,
        silent: bool = False,
    ) -> None:
        self.path = path
        self.handler = handler
        self.summary = summary
        self.arguments = arguments
        self.flags = tuple(flags)
        self.aliases = tuple(aliases)
        self.details = details
        self.examples = tuple(examples)
        self.hidden = hidden
        self.silent = silent

    @property
    def usage(self) -> str:
        """`maestro task create TITLE [flags]`."""
        words = ["maestro", self.path, *(argument.label for argument in self.arguments)]
        if any(not flag.hidden for flag in self.flags):
            words.append("[flags]")
        return " ".join(words)
