"""Help texts, written from the command table."""

from __future__ import annotations

from maestro_tui.cli.diagnostics import Failure, nearest
from maestro_tui.cli.grammar import Argument, Command, Flag
from maestro_tui.cli.parser import find
from maestro_tui.cli.table import COMMANDS, GLOBAL_FLAGS, GROUPS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["help_for"]

_EXIT_LINE = (
    "Exit codes: 0 done · 1 invalid request · 2 not found · 3 server unreachable · 4 not allowed\n"
    "            5 spawn failed · 6 conflict or limit · 130 interrupted"
)


def help_for(topic: Sequence[str]) -> str:
    """Help about a command, a group of them, or everything. Raises Failure for an unknown topic."""
    if not topic:
        return _everything()
    if (command := find(topic)) is not None:
        return _command(command)
    if len(topic) == 1 and topic[0] in GROUPS:
        return _group(topic[0])
    name = " ".join(topic)
    close = nearest(name, [*GROUPS, *(command.path for command in COMMANDS if not command.hidden)])
    suggestion = f"maestro help {close[0]}" if close else "maestro commands"
    raise Failure("unknown_command", f"There is no command 'maestro {name}'", suggestion=suggestion)


def _everything() -> str:
    single = [command for command in COMMANDS if command.path.split()[0] not in GROUPS and not command.hidden]
    groups = [(name, summary) for name, summary in GROUPS.items()]
    return "\n".join(
        (
            "maestro - tasks, sessions and reports for people and agents",
            "",
            "Usage: maestro COMMAND [arguments] [flags]",
            "",
            "Groups",
            *_columns(groups),
            "",
            "Commands",
            *_columns((command.path, command.summary) for command in single),
            "",
            "Flags of every command",
            *_flags(GLOBAL_FLAGS),
            "",
            _EXIT_LINE,
            "",
            "maestro GROUP --help lists a group; maestro COMMAND --help explains one command.",
        )
    )


def _group(name: str) -> str:
    own = [command for command in COMMANDS if command.path.startswith(f"{name} ") and not command.hidden]
    rows = [(command.usage.removeprefix("maestro "), command.summary) for command in own]
    return "\n".join((GROUPS[name], "", *_columns(rows), "", f"maestro {name} COMMAND --help explains one."))


def _command(command: Command) -> str:
    lines = [f"Usage: {command.usage}", "", f"  {command.summary[0].upper()}{command.summary[1:]}."]
    if command.details:
        lines += [f"  {line}" for line in command.details.split("\n")]
    if command.arguments:
        lines += ["", "Arguments", *_columns((_name(part), part.help) for part in command.arguments)]
    if any(not flag.hidden for flag in command.flags):
        lines += ["", "Flags", *_flags(command.flags)]
    if command.examples:
        lines += ["", "Examples", *(f"  {example}" for example in command.examples)]
    return "\n".join((*lines, "", "Also the flags of every command: maestro --help"))


def _name(argument: Argument) -> str:
    given = f" ({argument.also[0]})" if argument.also and not argument.flag_first else ""
    return argument.label + given


def _flags(flags: Iterable[Flag]) -> list[str]:
    return _columns((flag.label, flag.help) for flag in flags if not flag.hidden)


def _columns(rows: Iterable[tuple[str, str]]) -> list[str]:
    rows = list(rows)
    width = min(max(len(left) for left, _ in rows), 34)
    return [
        f"  {left:<{width}}  {right}" if len(left) <= width else f"  {left}\n  {'':<{width}}  {right}"
        for left, right in rows
    ]
