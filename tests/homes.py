"""A home that only its test knows."""

from pathlib import Path

from maestro_tui.paths import Home

__all__ = ["private_home"]


def private_home(directory: Path) -> Home:
    """The home `directory`/home, made as the cockpit makes it: for its owner alone."""
    home = Home.from_environment({"HOME": str(directory), "MAESTRO_HOME": str(directory / "home")})
    home.root.mkdir(mode=0o700)
    return home
