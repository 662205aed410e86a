"""`maestro commands`: every command there is."""

from maestro_tui.cli.call import Call
from maestro_tui.cli.grammar import Command
from maestro_tui.cli.output import Result
from maestro_tui.cli.table import COMMANDS

__all__ = ["commands"]


def commands(call: Call) -> Result:
    shown = [command for command in COMMANDS if not command.hidden]
    data = [
        {
            "command": command.path,
            "usage": command.usage,
            "summary": command.summary,
            "arguments": [
                {"name": part.key, "required": part.required, "help": part.help} for part in command.arguments
            ],
            "flags": [
                {"names": list(flag.names), "value": flag.value or None, "help": flag.help}
                for flag in command.flags
                if not flag.hidden
            ],
        }
        for command in shown
    ]
    width = min(46, max(len(command.usage) for command in shown))
    lines = [f"{command.usage:<{width}}  {command.summary}" for command in shown]
    if (most := call.output.width) is not None and max(map(len, lines)) > most:
        lines = [part for command in shown for part in _paragraph(command, most)]
    return Result(data, lines, [command.path for command in shown])


def _paragraph(command: Command, width: int) -> list[str]:
    """Usage and summary below each other, each within the width."""
    from textwrap import wrap

    summary = wrap(command.summary, width, initial_indent="    ", subsequent_indent="    ")
    return [*wrap(command.usage, width, subsequent_indent="  "), *summary]
