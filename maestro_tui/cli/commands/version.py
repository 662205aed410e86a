"""`maestro version`."""

from maestro_tui.cli.call import Call
from maestro_tui.cli.output import Result
from maestro_tui.version import __version__

__all__ = ["version"]


def version(_call: Call | None = None) -> Result:
    return Result({"version": __version__}, [f"maestro {__version__}"], [__version__])
