"""The developer's commands: how they count, and that what they name exists."""

import subprocess
import sys
from pathlib import Path

import pytest

from tools.coverage_rooms import rooms_in
from tools.hunt import Run, read_results
from tools.mutate import PARTS
from tools.release import differing

ROOT = Path(__file__).resolve().parents[2]


def summary(statements, covered, branches=0, covered_branches=0):
    return {
        "summary": {
            "num_statements": statements,
            "covered_lines": covered,
            "missing_lines": statements - covered,
            "num_branches": branches,
            "covered_branches": covered_branches,
            "missing_branches": branches - covered_branches,
        }
    }


def test_a_room_is_the_sum_of_its_files():
    files = {
        "maestro_tui/cli/a.py": summary(80, 80, 10, 10),
        "maestro_tui/cli/deep/b.py": summary(20, 10, 10, 0),
        "maestro_tui/__init__.py": summary(0, 0),
        "maestro_tui/main.py": summary(10, 10),
    }
    cli, main = rooms_in({"files": files})
    assert (cli.name, cli.statements, cli.branches) == ("cli", 100, 20)
    assert (round(cli.percent, 1), cli.branch_percent) == (83.3, 50.0)
    assert cli.worst == ("deep/b.py", "a.py")
    assert (main.name, main.percent, main.branch_percent, main.worst) == ("main.py", 100.0, 100.0, ("main.py",))


@pytest.mark.parametrize(
    ("lines", "branches", "low"), [(100, 10, False), (100, 8, True), (70, 10, True), (98, 9, False)]
)
def test_a_room_is_low_by_its_branches_alone_too(lines, branches, low):
    (room,) = rooms_in({"files": {"maestro_tui/cli/a.py": summary(100, lines, 10, branches)}})
    assert room.is_low is low


def test_the_hunt_reads_what_failed_and_what_broke(tmp_path):
    results = tmp_path / "results.xml"
    results.write_text(
        '<testsuites><testsuite><testcase classname="tests.a.test_b" name="test_good"/>'
        '<testcase classname="tests.a.test_b" name="test_bad">'
        '<failure message="no&#10;longer">where</failure></testcase>'
        '<testcase classname="tests.a.test_b" name="test_broken[1]"><error message="never began"/></testcase>'
        "</testsuite></testsuites>"
    )
    failed = {"tests/a/test_b::test_bad": "no\nlonger\nwhere", "tests/a/test_b::test_broken[1]": "never began\n"}
    assert read_results(results) == Run(3, failed)
    assert read_results(tmp_path / "none.xml") == Run(0, {})


def test_an_order_is_another_one_for_another_seed_and_the_same_for_the_same(tmp_path):
    for name in "abc":
        (tmp_path / f"test_{name}.py").write_text("def test_1(): ...\ndef test_2(): ...\ndef test_3(): ...\n")

    def collected(seed):
        options = ["-c", "/dev/null", "--rootdir", str(tmp_path), "-p", "tools.shuffled", "--shuffle", str(seed)]
        command = [sys.executable, "-m", "pytest", "--collect-only", "-q", *options, str(tmp_path)]
        shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        return [line for line in shown.splitlines() if "::" in line]

    orders = [collected(seed) for seed in (1, 1, 2)]
    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[0]) == sorted(orders[2])
    files = [line.partition("::")[0] for line in orders[2]]
    assert all(files[at : at + 3] == [files[at]] * 3 for at in (0, 3, 6))


@pytest.mark.parametrize("name", PARTS)
def test_what_is_mutated_exists_and_so_do_its_tests(name):
    for path in (*PARTS[name].modules, *PARTS[name].tests):
        assert (ROOT / path).exists()


def test_builds_that_differ_are_told_apart(tmp_path):
    for directory, files in {"one": {"a": b"1", "b": b"2"}, "two": {"a": b"1", "b": b"3", "c": b""}}.items():
        (tmp_path / directory).mkdir()
        for name, content in files.items():
            (tmp_path / directory / name).write_bytes(content)
    assert differing(tmp_path / "one", tmp_path / "two") == ["b", "c"]
    assert differing(tmp_path / "one", tmp_path / "one") == []
