"""The line in which a person types what to find."""

from maestro_tui.terminal.search import Wanted

__all__ = ["FindLine"]


class FindLine:
    """Text that grows and shrinks with keys; remembers what was looked for before.

    back: whether the search goes up. last: the search before this one, brought back by the up key.
    """

    def __init__(self, *, back: bool, last: Wanted | None = None) -> None:
        self.back = back
        self.text = ""
        self.regex = last.regex if last else False
        self.case = last.case if last else False
        self._last = last.text if last else ""

    def press(self, key: str, character: str | None) -> bool | None:
        """What a key does: True ends it with a search, False without one, None goes on."""
        if key == "enter":
            return bool(self.text)
        if key in ("escape", "ctrl+c") or (key == "backspace" and not self.text):
            return False
        if key == "backspace":
            self.text = self.text[:-1]
        elif key == "ctrl+u":
            self.text = ""
        elif key == "ctrl+w":
            self.text = self.text.rstrip().rpartition(" ")[0]
        elif key == "ctrl+r":
            self.regex = not self.regex
        elif key == "ctrl+s":
            self.case = not self.case
        elif key == "up":
            self.text = self._last
        elif character and character.isprintable():
            self.text += character
        return None

    @property
    def wanted(self) -> Wanted:
        """What was typed. As in vi's smart case, a capital letter makes the case count."""
        return Wanted(self.text, self.regex, self.case or (not self.regex and self.text != self.text.lower()))

    def __str__(self) -> str:
        ways = ["regular expression"] if self.regex else []
        ways += ["case counts"] if self.case else []
        said = ", ".join(ways) or "^r regular expression, ^s case"
        return f"{'?' if self.back else '/'}{self.text}▏  {said}"
