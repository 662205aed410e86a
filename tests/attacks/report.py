"""After a run: which of the numbered attacks were tried, and how many got through."""

import pytest

from tests.attacks.table import ATTACKS

__all__ = ["note_attacks", "summed_up"]

KEY = "attacks"


def note_attacks(item: pytest.Item) -> None:
    """Leave the numbers of a test's attacks where they reach the summary from any worker."""
    numbers = [number for marker in item.iter_markers("attack") for number in marker.args]
    if numbers:
        item.user_properties.append((KEY, numbers))


def summed_up(reports: dict[str, list[pytest.TestReport]], *, all_meant: bool = False) -> str | None:
    """`tried=96 got_through=0`, and the numbers that got through; None when no attack was tried.

    all_meant: whether the run was for every attack, so that those that were not tried are named too.
    """
    tried, through = set(), set()
    for outcome in ("passed", "failed", "error"):
        for report in reports.get(outcome, []):
            numbers = {n for key, value in getattr(report, "user_properties", ()) if key == KEY for n in value}
            tried |= numbers
            if outcome != "passed":
                through |= numbers
    if not tried:
        return None
    missing = set(ATTACKS) - tried if all_meant else set()
    names = "".join(f"\n  {number}: {ATTACKS[number][0]}" for number in sorted(through))
    names += "".join(f"\n  not tried, {number}: {ATTACKS[number][0]}" for number in sorted(missing))
    return f"attacks: tried={len(tried)} got_through={len(through)}{names}"
