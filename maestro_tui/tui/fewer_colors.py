"""A row's colours for outer terminals that show fewer, or none; everything else of the row stays as it is."""

import re
from collections.abc import Callable
from functools import lru_cache, partial

from rich.color import Color, ColorSystem

__all__ = ["in_grey", "reduced", "without_colors"]

_SGR = re.compile(r"\x1b\[([0-9;:]*)m")
_COLOR = re.compile(r"(?:^|(?<=;))([345]8);(?:2;(\d+);(\d+);(\d+)|5;(\d+))(?=;|$)")
_SYSTEMS = {"256": ColorSystem.EIGHT_BIT, "standard": ColorSystem.STANDARD}
_FOREGROUND, _UNDERLINE = "38", "58"

Change = Callable[[re.Match[str]], str]


def reduced(text: str, system: str) -> str:
    """The nearest colours of a smaller system: `256`, or `standard` for sixteen."""
    return _SGR.sub(partial(_reduced_sequence, system=system), text)


def in_grey(text: str) -> str:
    """Colours as shades of grey of the same brightness."""
    return _SGR.sub(_grey_sequence, text)


def without_colors(text: str) -> str:
    """Attributes alone."""
    return _SGR.sub(_colorless_sequence, text)


def _reduced_sequence(match: re.Match[str], *, system: str) -> str:
    return _reduced_parameters(match[1], system)


@lru_cache(maxsize=8192)
def _reduced_parameters(parameters: str, system: str) -> str:
    return _changed(parameters, partial(_downgraded, system=_SYSTEMS.get(system, ColorSystem.STANDARD)))


def _grey_sequence(match: re.Match[str]) -> str:
    return _grey_parameters(match[1])


@lru_cache(maxsize=8192)
def _grey_parameters(parameters: str) -> str:
    return _changed(parameters, _grey)


def _colorless_sequence(match: re.Match[str]) -> str:
    return _changed(match[1], lambda _: "")


def _changed(parameters: str, change: Change) -> str:
    kept = [part for part in _COLOR.sub(change, parameters).split(";") if part]
    return f"\x1b[{';'.join(kept)}m" if kept or not parameters else ""


def _downgraded(match: re.Match[str], *, system: ColorSystem) -> str:
    base = match[1]
    if base == _UNDERLINE and system is ColorSystem.STANDARD:
        return ""
    color = _color(match).downgrade(system)
    if base == _UNDERLINE:
        return f"{base};5;{color.number}"
    return ";".join(color.get_ansi_codes(foreground=base == _FOREGROUND))


def _grey(match: re.Match[str]) -> str:
    red, green, blue = _color(match).get_truecolor()
    shade = round(0.299 * red + 0.587 * green + 0.114 * blue)
    return f"{match[1]};2;{shade};{shade};{shade}"


def _color(match: re.Match[str]) -> Color:
    if match[5] is not None:
        return Color.from_ansi(min(int(match[5]), 255))
    return Color.from_rgb(*(min(int(part), 255) for part in match.group(2, 3, 4)))
