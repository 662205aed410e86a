"""`maestro commands`: every command there is."""

from maestro_tui.cli.call import Call
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
    return Result(data, lines, [command.path for command in shown])
