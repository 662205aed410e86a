"""Make a screenshot look the same everywhere: each character in its cell, lines drawn as lines.

A viewer without the screenshot's font would space its own differently, and box-drawing characters of most
fonts leave gaps between rows.
"""

import html
import re

__all__ = ["settle"]

CELL, ROW, BASELINE = 12.2, 24.4, 18.5
"""Width and height of a cell, and how far below its top the text stands."""

FONTS = "ui-monospace, 'Cascadia Mono', 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace"
ARMS = {"│": "ud", "─": "lr", "╭": "rd", "╮": "ld", "╰": "ru", "╯": "lu", "├": "udr", "└": "ur", "━": "lr"}
ROUND = frozenset("╭╮╰╯")
THICK = frozenset("━")

_WORD = re.compile(rf"[^\s{''.join(ARMS)}]+")
_RUN = re.compile(r'<text class="([^"]+)" x="([\d.]+)" y="([\d.]+)" textLength[^>]*clip-path[^>]*>([^<]*)</text>')


def settle(svg: str) -> str:
    """The screenshot with every character at its own place, no fonts from elsewhere, and stable names."""
    svg = re.sub(r"@font-face \{.*?\}\s*(?=\.)", "", svg, flags=re.DOTALL)
    svg = svg.replace("font-family: Fira Code, monospace", f"font-family: {FONTS}")
    svg = re.sub(r"terminal-\d+-", "cockpit-", svg)
    colours = dict(re.findall(r"\.(cockpit-r\d+) \{ fill: (#\w+)", svg))
    return _RUN.sub(lambda run: _settled(run, colours), svg)


def _settled(run: re.Match[str], colours: dict[str, str]) -> str:
    name, left, baseline = run[1], float(run[2]), float(run[3])
    characters = html.unescape(run[4])
    lines = [
        _line(one, left + place * CELL, baseline, colours[name])
        for place, one in enumerate(characters)
        if one in ARMS
    ]
    words = [_word(found, name, left, baseline) for found in _WORD.finditer(characters)]
    return "".join([*lines, *words])


def _word(found: re.Match[str], name: str, left: float, baseline: float) -> str:
    text = html.escape(found[0], quote=False)
    place = f'x="{left + found.start() * CELL:.1f}" y="{baseline:g}" textLength="{len(found[0]) * CELL:.1f}"'
    return f'<text class="{name}" {place}>{text}</text>'


def _line(character: str, left: float, baseline: float, colour: str) -> str:
    """A box-drawing character as strokes from the middle of its cell to the sides it reaches."""
    x, y = left + CELL / 2, baseline - BASELINE + ROW / 2
    ends = {"l": (left, y), "r": (left + CELL, y), "u": (x, y - ROW / 2), "d": (x, y + ROW / 2)}
    reached = [ends[arm] for arm in ARMS[character]]
    if character in ROUND:
        (x1, y1), (x2, y2) = reached
        path = f"M{x1:.1f} {y1:.1f}Q{x:.1f} {y:.1f} {x2:.1f} {y2:.1f}"
    else:
        path = "".join(f"M{x:.1f} {y:.1f}L{to_x:.1f} {to_y:.1f}" for to_x, to_y in reached)
    width = 3 if character in THICK else 1.4
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>'
