"""The bench of agent behaviours: what is made of each at each moment, and the score.

A behaviour is a TOML file of `behaviours/`: what an agent does when, and what is expected at which
moment. `out` are bytes, read by the real engine; `hook`, `report`, `person` and `notification` are what
is told, `file` the last step in the agent's own file; `type` is a key; `busy` a look at its processes;
`exit` its end. A wrong state fails with its evidence.

Those called `…-recorded-…` are of the real agents, thinned: of what is drawn in a second or two the beginning, and
the last title, every notification and state; `hook` is what their hooks and our commands made of it.
"""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from maestro_tui.config.agents import agent_profiles
from maestro_tui.config.settings import AgentProfile, Settings
from maestro_tui.domain.activity import Evidence
from maestro_tui.domain.status import ActivityState, EvidenceSource
from maestro_tui.runner.trail import SCREEN_ROWS, Trail
from maestro_tui.terminal import notices
from maestro_tui.terminal.engine import Terminal
from maestro_tui.terminal.library import load
from maestro_tui.terminal.marks import Marks

PLACE = Path(__file__).parent / "behaviours"


def behaviours() -> Iterator[tuple[str, dict]]:
    """Every file, once for each of the agents that behave so."""
    for path in sorted(PLACE.glob("*.toml")):
        behaviour = tomllib.loads(path.read_text())
        agents = behaviour["agent"]
        if isinstance(agents, str):
            yield path.stem, behaviour
        else:
            yield from ((f"{path.stem}-{agent}", behaviour | {"agent": agent}) for agent in agents)


BEHAVIOURS = dict(behaviours())
PROFILES = agent_profiles(Settings(agents={"mine": AgentProfile(command=("mine",))}))
START = 1_700_000_000_000
TOLD = ("hook", "report", "person", "notification")


def moments(behaviour: dict) -> Iterator[tuple[float, int, dict]]:
    """Everything that happens and is expected, in order of time."""
    for number, event in enumerate(behaviour["events"]):
        first, every = event.get("at", event.get("from")), event.get("every", 1)
        for turn in range(int((event.get("to", first) - first) / every) + 1):
            yield first + turn * every, number, event
    for expected in behaviour["expect"]:
        yield expected["at"], len(behaviour["events"]), expected


class Stage:
    """An agent of a profile on a terminal, and the trail it leaves."""

    def __init__(self, agent: str) -> None:
        self.trail = Trail(PROFILES[agent])
        self.told: dict[str, Evidence] = {}
        self._terminal = Terminal(80, 24)
        self._marks = Marks(load())

    def play(self, event: dict, now: int) -> None:
        match event:
            case {"out": text}:
                self._write(text.encode(), now)
            case {"type": _}:
                self.trail.typed(now)
            case {"busy": busy}:
                self.trail.looked_at_processes(busy=busy, now=now)
            case {"exit": how}:
                self.trail.ended(how, now)
            case {"file": state}:
                self.trail.filed(ActivityState(state), event.get("detail", ""), now)
            case _:
                self._tell(event, now)

    def look(self, now: int) -> None:
        self.trail.shown(self._terminal.tail(SCREEN_ROWS), now)

    def _tell(self, event: dict, now: int) -> None:
        (source,) = (one for one in TOLD if one in event)
        need, detail = event.get("need"), event.get("detail", "")
        expires_at = now + event["expires"] * 1000 if "expires" in event else None
        self.told[source] = Evidence(
            source=EvidenceSource(source),
            state=event[source],
            need=need,
            detail=detail,
            at=now,
            expires_at=expires_at,
        )
        self.trail.told(self.told.values())

    def _write(self, data: bytes, now: int) -> None:
        self._terminal.feed(data)
        self.trail.wrote(now)
        for notice in (*self._terminal.take_notices(), *self._marks.feed(data)):
            match notice:
                case notices.TitleChanged(title):
                    self.trail.titled(title, now)
                case notices.Bell():
                    self.trail.rang(now)
                case notices.Notification():
                    self.trail.notified(notice, now)
                case notices.Progress():
                    self.trail.progressed(notice, now)
                case notices.ShellMark():
                    self.trail.marked(notice, now)
                case notices.ProgramStatus():
                    self.trail.stated(notice, now)


def wrong(behaviour: dict) -> list[str]:
    """What is made of a behaviour wrongly, each with all its evidence."""
    stage, found = Stage(behaviour["agent"]), []
    for at, _, event in sorted(moments(behaviour), key=lambda moment: moment[:2]):
        now = START + round(at * 1000)
        if "state" not in event:
            stage.play(event, now)
            continue
        stage.look(now)
        verdict = stage.trail.verdict(now)
        if (verdict.state, verdict.need) != (event["state"], event.get("need")):
            evidence = "\n".join(
                f"    {one.source:<13}{one.state:<9}{(now - one.at) / 1000:>7.1f} s ago"
                f"{'  expired' if one.has_expired(now) else '         '}  {one.detail}"
                for one in stage.trail.evidence(now)
            )
            wanted = " ".join(filter(None, (event["state"], event.get("need"))))
            found.append(
                f"at {at} s {wanted} was expected, not {verdict.state} {verdict.need}:"
                f" {verdict.because}\n{evidence}"
            )
    return found


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_each_moment_of_a_behaviour_is_read_as_it_should_be(name):
    found = wrong(BEHAVIOURS[name])
    assert not found, f"{BEHAVIOURS[name]['about']}\n" + "\n".join(found)


def test_the_score(capsys):
    moments_of = {name: len(behaviour["expect"]) for name, behaviour in BEHAVIOURS.items()}
    failed = {name: len(wrong(behaviour)) for name, behaviour in BEHAVIOURS.items()}
    total, right = sum(moments_of.values()), sum(moments_of.values()) - sum(failed.values())
    with capsys.disabled():
        print(f"\nactivity: {right} of {total} moments in {len(BEHAVIOURS)} behaviours read right")
    assert total >= 100
    assert right == total, {name: count for name, count in failed.items() if count}
