"""The head of a `SKILL.md` as other tools write it: the part of YAML that such heads use.

Keys with plain, quoted or block (`|`, `>`) texts, lists on one line or in dashes, and one
level of keys below a key. Anchors, tags and whatever else is YAML is named, not guessed at.
"""

import re
from collections.abc import Iterator

__all__ = ["FrontMatterError", "split_front_matter"]

Value = str | list[str] | dict[str, "Value"]

_FENCE = "---"
_KEY = re.compile(r"(?P<key>[A-Za-z_][\w.-]*)[ \t]*:(?:[ \t]+(?P<rest>.*))?$")
_COMMENTED = re.compile(r"""((?:"(?:\\.|[^"\\])*"|'(?:''|[^'])*'|[^"'#]|(?<=\S)#|["'])*?)(?:\s+#.*|^#.*)?$""")
_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\", "/": "/"}


class FrontMatterError(Exception):
    """A line of the head that cannot be read. line: counted from 1 in the file."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(f"line {line}: {message}")


def split_front_matter(text: str) -> tuple[dict[str, Value], str]:
    """The keys of the head, and the text below it. Raises FrontMatterError."""
    lines = text.split("\n")
    if lines[0].rstrip() != _FENCE:
        raise FrontMatterError(1, "must begin with '---', the keys name and description, and '---' again")
    end = next((index for index, line in enumerate(lines[1:], 1) if line.rstrip() == _FENCE), None)
    if end is None:
        raise FrontMatterError(1, "begins a head with '---' that is never closed by another")
    return _Head(lines[1:end]).mapping(0), "\n".join(lines[end + 1 :])


class _Head:
    """Reads the lines of a head, one after the other."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = [line.rstrip() for line in lines]
        self._at = 0

    def mapping(self, indent: int) -> dict[str, Value]:
        """The keys at this indent, until a line stands further left."""
        found: dict[str, Value] = {}
        while (line := self._next()) is not None and _indent(line) >= indent:
            match = _KEY.match(line[indent:]) if _indent(line) == indent else None
            if match is None:
                raise self._error(f"'{line.strip()[:60]}' is no 'key: value' of this level")
            if match["key"] in found:
                raise self._error(f"'{match['key']}' is there twice")
            self._at += 1
            found[match["key"]] = self._value(_without_comment(match["rest"] or ""), indent)
        return found

    def _value(self, rest: str, indent: int) -> Value:
        if rest[:1] in ("|", ">"):
            return self._block(rest, indent)
        if rest[:1] == "[":
            return self._flow_list(rest)
        if rest:
            return self._scalar(rest) if rest[0] in "\"'" else self._plain(rest, indent)
        following = self._next()
        if following is None or (_indent(following) <= indent and not following.lstrip().startswith("- ")):
            return ""
        if following.lstrip().startswith("- "):
            return list(self._dashes(_indent(following)))
        return self.mapping(_indent(following))

    def _dashes(self, indent: int) -> Iterator[str]:
        while (line := self._next()) is not None and _indent(line) == indent and line.lstrip().startswith("- "):
            self._at += 1
            yield self._scalar(_without_comment(line.lstrip()[2:].strip()))

    def _plain(self, rest: str, indent: int) -> str:
        """A plain text, which goes on in lines that stand further right."""
        parts = [self._scalar(rest)]
        while (line := self._next()) is not None and _indent(line) > indent:
            self._at += 1
            parts.append(line.strip())
        return " ".join(parts)

    def _block(self, mark: str, indent: int) -> str:
        lines: list[str] = []
        for line in self._lines[self._at :]:
            if line and _indent(line) <= indent:
                break
            lines.append(line)
        self._at += len(lines)
        depth = min((_indent(line) for line in lines if line), default=0)
        text = "\n".join(line[depth:] for line in lines).strip("\n")
        return text if mark[0] == "|" else re.sub(r"(?<!\n)\n(?!\n)", " ", text)

    def _flow_list(self, rest: str) -> list[str]:
        if not rest.endswith("]"):
            raise self._wrong("a list in brackets must end on its line")
        return [self._scalar(part.strip()) for part in rest[1:-1].split(",") if part.strip()]

    def _scalar(self, text: str) -> str:
        if text[:1] in ("&", "*", "!", "{", "%", "@", "`"):
            raise self._wrong(f"'{text[:20]}' is YAML that is not read here; put the text in quotes")
        if text[:1] not in ('"', "'"):
            return text
        quote, inner = text[0], text[1:-1]
        if len(text) < 2 or text[-1] != quote:
            raise self._wrong("a quoted text must end on its line")
        if quote == "'":
            return inner.replace("''", "'")
        return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[0]), inner)

    def _next(self) -> str | None:
        """The next line that says something."""
        while self._at < len(self._lines) and self._lines[self._at].lstrip()[:1] in ("", "#"):
            self._at += 1
        return self._lines[self._at] if self._at < len(self._lines) else None

    def _error(self, message: str) -> FrontMatterError:
        """About the line that comes next."""
        return FrontMatterError(self._at + 2, message)  # the fence is line 1

    def _wrong(self, message: str) -> FrontMatterError:
        """About a value, whose line was read already."""
        return FrontMatterError(self._at + 1, message)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _without_comment(text: str) -> str:
    """The text up to a `#` that begins a comment: one after a space and outside of quotes."""
    match = _COMMENTED.match(text)
    return match[1].strip() if match else text
