"""Where Codex keeps its conversations, and which of its threads are none."""

import pytest

from maestro_tui.rollouts import find_rollout, is_kept

KEPT = "019c137e-c100-7000-8000-0123456789ab"
OF_THE_SAME_DAY = "019c137e-c200-7000-8000-0123456789ab"
YEARS_LATER = "02a218f6-6ad0-7e11-b2a1-5c7ef384ed00"


@pytest.mark.parametrize("day", ["30", "31"])  # a directory is named for the local day
def test_a_conversation_has_a_file_and_a_thread_beside_it_has_none(tmp_path, day):
    place = tmp_path / "sessions" / "2026" / "01" / day
    place.mkdir(parents=True)
    environ = {"CODEX_HOME": str(tmp_path)}
    assert is_kept(KEPT, environ) is None
    path = place / f"rollout-2026-01-{day}T23-10-00-{KEPT}.jsonl"
    path.touch()
    assert find_rollout(KEPT, environ) == str(path)
    assert is_kept(KEPT, environ) is True
    assert is_kept(OF_THE_SAME_DAY, environ) is False
    assert is_kept(YEARS_LATER, environ) is None


@pytest.mark.parametrize("strange", ["", "../../etc/passwd", "z" * 32, "1234"])
def test_an_id_of_another_kind_is_looked_for_today(tmp_path, strange):
    assert find_rollout(strange, {"HOME": str(tmp_path)}) is None
    assert is_kept(strange, {"HOME": str(tmp_path)}) is None
