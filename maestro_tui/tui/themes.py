"""Themes: the colours of the cockpit and of the terminals in it, from `themes/*.toml`.

A file needs a name and one colour, `primary`; the rest is derived. Bad files are reported
all at once and skipped; a theme that cannot be had falls back to the default one.
"""

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from textual.color import Color
from textual.theme import Theme

from maestro_tui.terminal.palette import Palette, Rgb

__all__ = [
    "DEFAULT_THEME",
    "ThemeFile",
    "Themes",
    "load_themes",
    "quiet_variables",
    "textual_theme",
]

DEFAULT_THEME = "maestro-dark"
DEFAULT_LIGHT_THEME = "maestro-light"

Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]
ThemeName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class UiColors(_Table):
    """Colours of the cockpit, `#rrggbb`. muted: quiet text; line: borders at rest."""

    primary: Colour
    secondary: Colour | None = None
    accent: Colour | None = None
    success: Colour | None = None
    warning: Colour | None = None
    error: Colour | None = None
    foreground: Colour | None = None
    background: Colour | None = None
    surface: Colour | None = None
    panel: Colour | None = None
    muted: Colour | None = None
    line: Colour | None = None


class TerminalTable(_Table):
    """Colours of the terminals, `#rrggbb`. colors: the sixteen, black to bright white."""

    foreground: Colour | None = None
    background: Colour | None = None
    cursor: Colour | None = None
    colors: Annotated[tuple[Colour, ...], Field(min_length=16, max_length=16)] | None = None


class ThemeFile(_Table):
    """What a theme file may say."""

    name: ThemeName
    dark: bool = True
    colors: UiColors
    terminal: TerminalTable = TerminalTable()


@dataclass(frozen=True, slots=True)
class Themes:
    """The themes that could be read, by name, and a sentence for each file that could not."""

    files: dict[str, ThemeFile]
    findings: tuple[str, ...] = ()

    def pick(self, name: str, known: Iterable[str]) -> str:
        """The name of the theme to use: the wished one if it is known, else the default."""
        return name if name in self.files or name in known else DEFAULT_THEME

    def palette(self, name: str, *, dark: bool = True) -> Palette | None:
        """The terminal colours of a theme; for one that names none, those of ours that is as dark.

        None when no file could be read: a terminal then keeps the outer one's colours.
        """
        file = self.files.get(name)
        usual = self.files.get(DEFAULT_THEME if (file.dark if file else dark) else DEFAULT_LIGHT_THEME)
        own = file.terminal if file else TerminalTable()
        other = usual.terminal if usual else TerminalTable()
        foreground, background = own.foreground or other.foreground, own.background or other.background
        cursor, colors = own.cursor or other.cursor, own.colors or other.colors
        if foreground and background and colors:
            ansi = tuple(map(_rgb, colors))
            return Palette(_rgb(foreground), _rgb(background), ansi, _rgb(cursor) if cursor else None)
        return None


def load_themes(directories: Sequence[Path]) -> Themes:
    """Read every `*.toml` of the directories; a later one wins by name. Missing directories are empty."""
    files: dict[str, ThemeFile] = {}
    findings: list[str] = []
    for path in (path for directory in directories for path in sorted(directory.glob("*.toml"))):
        try:
            theme = ThemeFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        except ValidationError as error:
            findings += [f"{path}: {problem}; this theme is left out" for problem in _problems(error)]
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            findings.append(f"{path}: {error}; this theme is left out")
        else:
            files[theme.name] = theme
    return Themes(files, tuple(findings))


def _problems(error: ValidationError) -> list[str]:
    return [f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()]


def textual_theme(file: ThemeFile) -> Theme:
    """A theme file as the framework wants it."""
    theme = Theme(name=file.name, dark=file.dark, **file.colors.model_dump(exclude={"muted", "line"}))
    quiet = quiet_variables(theme)
    muted, line = file.colors.muted or quiet["muted"], file.colors.line or quiet["line"]
    theme.variables = {
        "muted": muted,
        "line": line,
        "border": file.colors.primary,
        "border-blurred": line,
        "block-cursor-text-style": "none",
        "scrollbar": line,
        "scrollbar-hover": muted,
        "scrollbar-active": file.colors.primary,
        **dict.fromkeys(("scrollbar-background", "scrollbar-background-hover"), "transparent"),
        "scrollbar-background-active": "transparent",
        "scrollbar-corner-color": "transparent",
    }
    return theme


def _rgb(colour: str) -> Rgb:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def quiet_variables(theme: Theme) -> dict[str, str]:
    """Our `$muted` and `$line`, between a theme's text and its ground."""
    generated = theme.to_color_system().generate()
    text, ground = Color.parse(generated["foreground"]), Color.parse(generated["background"])
    return {"muted": ground.blend(text, 0.6).hex6, "line": ground.blend(text, 0.25).hex6}
