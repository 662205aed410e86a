"""A pytest plugin that runs the tests in another order: `-p tools.shuffled --shuffle SEED`.

Directories, files and tests are shuffled, each within what holds it, so that what a file shares is
made once and every order is one that `pytest FILE…` could have had. The seed alone decides it, so all
workers agree and a failure can be seen again.
"""

import random
from collections import defaultdict

import pytest

__all__ = ["in_another_order"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--shuffle", type=int, metavar="SEED", help="run the tests in the order this number gives")


def pytest_report_header(config: pytest.Config) -> str | None:
    seed = config.getoption("shuffle")
    return None if seed is None else f"shuffled: again with --shuffle {seed}"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if (seed := config.getoption("shuffle")) is not None:
        items[:] = in_another_order(items, seed)


def in_another_order(items: list[pytest.Item], seed: int) -> list[pytest.Item]:
    """The same tests, those of one file together."""
    files: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        files[item.nodeid.partition("::")[0]].append(item)
    chance = random.Random(seed)
    names = sorted(files)
    chance.shuffle(names)
    for name in names:
        chance.shuffle(files[name])
    return [item for name in names for item in files[name]]
