"""After a run: which of the numbered attacks were tried, and how many got through."""

import pytest

from tests.attacks.table import ATTACKS

__all__ = ["is_for_all_attacks", "not_tried", "note_attacks", "summed_up"]

KEY = "attacks"


def note_attacks(item: pytest.Item) -> None:
    """Leave the numbers of a test's attacks where they reach the summary from any worker."""
    numbers = [number for marker in item.iter_markers("attack") for number in marker.args]
    if numbers:
        item.user_properties.append((KEY, numbers))


def is_for_all_attacks(config: pytest.Config) -> bool:
    """Whether the run is `-m attack` and nothing narrower, so that an attack nobody tries is a failure."""
    option = config.option
    return option.markexpr == "attack" and not (option.keyword or option.file_or_dir or option.collectonly)


def summed_up(reports: dict[str, list[pytest.TestReport]], *, all_meant: bool = False) -> str | None:
    """`tried=96 got_through=0`, and the numbers that got through; None when no attack was tried.

    all_meant: whether the run was for every attack, so that those that were not tried are named too.
    """
    tried, through = _outcomes(reports)
    if not tried:
        return None
    names = "".join(f"\n  {number}: {ATTACKS[number][0]}" for number in sorted(through))
    if all_meant:
        names += "".join(f"\n  not tried, {number}: {ATTACKS[number][0]}" for number in not_tried(reports))
    return f"attacks: tried={len(tried)} got_through={len(through)}{names}"


def not_tried(reports: dict[str, list[pytest.TestReport]]) -> list[int]:
    """The numbers no test has carried out; a test that was skipped has not."""
    return sorted(set(ATTACKS) - _outcomes(reports)[0])


def _outcomes(reports: dict[str, list[pytest.TestReport]]) -> tuple[set[int], set[int]]:
    """The numbers that were tried, and those of them that got through."""
    tried: set[int] = set()
    through: set[int] = set()
    for outcome in ("passed", "failed", "error"):
        for report in reports.get(outcome, []):
            numbers = {n for key, value in getattr(report, "user_properties", ()) if key == KEY for n in value}
            tried |= numbers
            if outcome != "passed":
                through |= numbers
    return tried, through
