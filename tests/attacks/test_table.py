"""The table is whole: each attack is carried out by some test."""

import re
from pathlib import Path

from tests.attacks.table import ATTACKS

TESTS = Path(__file__).parents[1]


def test_every_attack_is_tried() -> None:
    marks = [
        set(map(int, numbers.split(",")))
        for path in TESTS.rglob("test_*.py")
        for numbers in re.findall(r"pytest\.mark\.attack\(([0-9, ]+)\)", path.read_text())
    ]
    tried = set().union(*marks)
    assert len(ATTACKS) == 96
    assert tried == set(ATTACKS)
