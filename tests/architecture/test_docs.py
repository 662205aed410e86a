"""The docs name everything a reader may look for, and nothing private of a machine."""

import re
import subprocess
from pathlib import Path

import pytest
from pydantic import BaseModel

from maestro_tui.config.settings import AgentProfile, Settings
from maestro_tui.domain.events import EventName
from maestro_tui.domain.status import SessionStatus, TaskStatus
from maestro_tui.server import readings
from maestro_tui.telemetry import metrics
from maestro_tui.tui.glyphs import (
    ACTIVITY_MARKS,
    NEED_MARKS,
    NEEDS_INPUT,
    PENDING,
    RANG,
    SESSION_MARKS,
    TASK_MARKS,
    Mark,
)

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"


def keys_of(model: type[BaseModel], prefix: str = "") -> list[str]:
    """The keys of a settings table, dotted; a table of tables by its own name."""
    found = []
    for field in model.model_fields.values():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            found += keys_of(inner, f"{prefix}{field.alias}.")
        else:
            found.append(f"{prefix}{field.alias}")
    return found


@pytest.mark.parametrize("key", keys_of(Settings))
def test_every_setting_is_documented(key: str) -> None:
    assert re.search(rf"`{re.escape(key)}[.`]", (DOCS / "configuration.md").read_text())


@pytest.mark.parametrize("field", [field.alias for field in AgentProfile.model_fields.values()])
def test_every_key_of_an_agent_is_documented(field: str) -> None:
    assert f"`{field}`" in (DOCS / "agents.md").read_text()


@pytest.mark.parametrize("word", [*TaskStatus, *SessionStatus])
def test_every_status_is_documented(word: str) -> None:
    assert word in (DOCS / "api.md").read_text()


@pytest.mark.parametrize("event", EventName)
def test_every_event_is_documented(event: str) -> None:
    text = (DOCS / "api.md").read_text()
    kind, _, what = event.partition(":")
    assert re.search(rf"`{kind}:[a-z_/]*\b{what}\b", text)


EXPLAINED = [*TASK_MARKS.values(), *SESSION_MARKS.values(), *NEED_MARKS.values(), NEEDS_INPUT, PENDING, RANG]
EXPLAINED += [mark for mark in ACTIVITY_MARKS.values() if mark.word != "done"]  # which no running session is


@pytest.mark.parametrize("mark", EXPLAINED)
def test_every_glyph_is_explained(mark: Mark) -> None:
    rows = [row for row in (DOCS / "getting-started.md").read_text().splitlines() if row.startswith("|")]
    assert [row for row in rows if mark.glyph in row and mark.word in row]


def test_every_page_is_reachable_and_every_link_leads_somewhere() -> None:
    pages = {ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.glob("*.md")}
    linked = set()
    for page in pages:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
            path = (page.parent / target).resolve()
            assert path.exists(), f"{page.name} links to {target}"
            linked.add(path)
    assert {page for page in DOCS.glob("*.md") if page.name != "index.md"} <= linked


def test_nothing_of_this_machine_is_in_the_project() -> None:
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in tracked.stdout.split("\0"):
        path = ROOT / name
        if (
            name
            and path.suffix in {".py", ".md", ".toml", ".json", ".tcss", ".yml", ".yaml"}
            and path != Path(__file__)
        ):
            assert not re.search(r"/work/|/root/|/tmp/(venv|wt)", path.read_text()), name


def test_every_metric_is_documented() -> None:
    text = (DOCS / "observability.md").read_text()
    declared = "".join(Path(module.__file__).read_text() for module in (readings, metrics))
    names = set(re.findall(r'"(maestro_[a-z_]+)"', declared))
    assert len(names) > 20
    assert not [name for name in sorted(names) if f"`{name}`" not in text and f"`{name}_total`" not in text]
