"""How spawning stands: whether it is paused, and how close a project is to its limits. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from textual.content import Content

from maestro_tui.tui.glyphs import PAUSED
from maestro_tui.tui.text import line

__all__ = ["Spawning", "policy_lines"]


@dataclass(frozen=True, slots=True)
class Spawning:
    """The answer of `/api/spawning` for one project.

    reason: why it is paused. limits: the policy in force, camelCase as in `config.toml`.
    stricter: the settings that the project's own file makes stricter. findings: what is wrong there.
    """

    paused: bool
    reason: str
    limits: Mapping[str, Any]
    live: int
    per_minute: int
    stricter: Sequence[str] = ()
    findings: Sequence[str] = ()

    @classmethod
    def from_answer(cls, answer: Mapping[str, Any]) -> "Spawning":
        return cls(
            paused=bool(answer["paused"]),
            reason=str(answer["reason"]),
            limits=answer["limits"],
            live=int(answer["live"]),
            per_minute=int(answer["perMinute"]),
            stricter=tuple(answer["stricter"]),
            findings=tuple(answer["findings"]),
        )


def policy_lines(spawning: Spawning) -> Content:
    """Whether spawning goes on, how close the limits are, and which roles a person is asked about."""
    limits = spawning.limits
    use = [
        _used(spawning.live, limits["maxLive"], "live"),
        _used(spawning.per_minute, limits["maxPerMinute"], "in the last minute"),
        Content(f"{limits['maxPerParent']} per parent"),
        Content(f"depth {limits['maxDepth']}"),
    ]
    roles = ", ".join(f"{role}s {word}" for role, word in limits["roles"].items())
    parts = [
        _switch(spawning),
        Content.styled(" · ", "$muted").join(use),
        line(f"roles: {roles}  —  limits are set under [spawn] in config.toml", "$muted"),
    ]
    if spawning.stricter:
        parts.append(line(f"stricter in this project: {', '.join(spawning.stricter)}", "$muted"))
    parts += [line(finding, "$warning") for finding in spawning.findings]
    return Content("\n").join(parts)


def _switch(spawning: Spawning) -> Content:
    if not spawning.paused:
        return Content.styled("spawning goes on", "$success")
    because = f": {spawning.reason}" if spawning.reason else ""
    return line(f"{PAUSED.glyph} all new spawns are paused{because}", f"${PAUSED.colour}")


def _used(used: int, limit: int, what: str) -> Content:
    return Content.styled(f"{used} of {limit} {what}", "$warning" if used >= limit else "")
