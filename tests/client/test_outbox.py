import os
import stat

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from maestro_tui.client.outbox import MOST_AGE_MS, Command, Outbox
from maestro_tui.client.outbox_file import OutboxFile
from maestro_tui.domain.errors import LimitReached


def command(key, at=0, **fields):
    return Command(
        **({"key": key, "method": "POST", "path": "/api/tasks", "label": key, "created_at": at} | fields)
    )


def keys(outbox):
    return [waiting.key for waiting in outbox.commands]


def test_in_order_one_at_a_time():
    outbox = Outbox()
    for key in "abc":
        outbox.add(command(key))
    sent = []
    while outbox.head:
        sent.append(outbox.head.key)
        outbox.sent(outbox.head.key)
    assert sent == ["a", "b", "c"]


def test_the_same_command_waits_once():
    outbox = Outbox([command("a"), command("b")])
    outbox.add(command("a"))
    assert keys(outbox) == ["a", "b"]


def test_a_full_outbox_says_so():
    outbox = Outbox(most=2)
    outbox.add(command("a"))
    outbox.add(command("b"))
    with pytest.raises(LimitReached, match="2 commands wait"):
        outbox.add(command("c"))
    assert keys(outbox) == ["a", "b"]


def test_the_old_are_reported_not_sent():
    outbox = Outbox([command("old", 0), command("new", 10)])
    assert outbox.expire(MOST_AGE_MS) == []
    (refusal,) = outbox.expire(MOST_AGE_MS + 5)
    assert refusal.command.key == "old"
    assert "24 hours" in refusal.message
    assert keys(outbox) == ["new"]
    assert outbox.refusals == (refusal,)
    outbox.acknowledge()
    assert outbox.refusals == ()


def test_a_refusal_leaves_the_queue_and_is_kept():
    outbox = Outbox([command("a"), command("b")])
    refusal = outbox.refused("a", "stale", conflict=True)
    assert refusal is not None
    assert refusal.conflict
    assert keys(outbox) == ["b"]
    assert outbox.refused("a", "again") is None


def test_the_person_can_take_one_back():
    outbox = Outbox([command("a"), command("b")])
    assert outbox.drop("b").key == "b"
    assert outbox.drop("b") is None
    assert keys(outbox) == ["a"]


class OutboxMachine(RuleBasedStateMachine):
    """Against a plain list: nothing is lost, doubled or reordered."""

    def __init__(self):
        super().__init__()
        self.outbox, self.model, self.gone = Outbox(most=5), [], []

    @rule(key=st.sampled_from("abcdefgh"))
    def add(self, key):
        if key in self.model:
            self.outbox.add(command(key))
        elif len(self.model) == 5:
            with pytest.raises(LimitReached):
                self.outbox.add(command(key))
        else:
            self.outbox.add(command(key))
            self.model.append(key)

    @rule(how=st.sampled_from(["sent", "refused", "drop"]), key=st.sampled_from("abcdefgh"))
    def leave(self, how, key):
        if how == "refused":
            self.outbox.refused(key, "no")
        else:
            getattr(self.outbox, how)(key)
        if key in self.model:
            self.model.remove(key)

    @invariant()
    def same(self):
        assert keys(self.outbox) == self.model
        assert len(self.outbox) == len(self.model)


TestOutboxMachine = OutboxMachine.TestCase


def test_the_file_keeps_order_and_is_private(tmp_path):
    commands = [command("a", body={"title": "Ärger\n"}), command("b", revision=3, method="PATCH")]
    first = OutboxFile(tmp_path / "state")
    first.save(commands)
    first.close()
    path = tmp_path / "state" / "outbox.jsonl"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    again = OutboxFile(tmp_path / "state")
    assert again.load() == commands
    again.close()


def test_two_cockpits_keep_apart_and_the_next_inherits(tmp_path):
    first, second = OutboxFile(tmp_path), OutboxFile(tmp_path)
    first.save([command("a")])
    second.save([command("b")])
    assert first.load() == [command("a")]
    second.close()
    assert first.load() == [command("a"), command("b")]
    assert not (tmp_path / "outbox-2.jsonl").exists()
    first.close()
    third = OutboxFile(tmp_path)
    assert third.load() == [command("a"), command("b")]
    third.close()


def test_broken_lines_are_kept_aside_and_the_others_sent(tmp_path, caplog):
    file = OutboxFile(tmp_path)
    file.save([command("a"), command("b")])
    path = tmp_path / "outbox.jsonl"
    path.write_bytes(path.read_bytes() + b'{"key": "c"}\n{"torn')
    assert file.load() == [command("a"), command("b")]
    assert (tmp_path / "outbox.broken").read_bytes() == path.read_bytes()
    assert "2 waiting commands" in caplog.text
    file.close()


def test_a_directory_open_to_others_is_refused(tmp_path):
    os.chmod(tmp_path, 0o777)
    with pytest.raises(PermissionError, match="can be written by others"):
        OutboxFile(tmp_path)
