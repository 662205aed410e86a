"""Older viewers at today's host. What they say and understand is written out, as it must never change."""

import json
import os
import socket
import struct

from maestro_tui.ptyhost import frames
from maestro_tui.ptyhost.frames import Kind

FIRST_KINDS = {*b"HIRFKSA", *b"WOGZDTXE"}


class FirstVersion:
    """A viewer of version 1, which knows only its own frames and takes anything else for an error."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(15)
        self.socket.connect(path)

    def say(self, kind, payload=b""):
        self.socket.sendall(kind + struct.pack(">I", len(payload)) + payload)

    def hear(self, wanted):
        """The payload of the next frame of this kind."""
        while True:
            kind, length = struct.unpack(">BI", self._exactly(5))
            assert kind in FIRST_KINDS
            payload = self._exactly(length)
            if bytes([kind]) == wanted:
                return payload

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            piece = self.socket.recv(count - len(data))
            assert piece, "the host closed"
            data += piece
        return data


def test_a_viewer_of_version_1_works_with_todays_host(lab):
    host = lab.start("/bin/sh", "-c", 'read line; echo "got $line"; read line')
    viewer = FirstVersion(host.run.socket)
    viewer.say(b"H", json.dumps({"protocol": 1, "since": 0, "columns": 90, "rows": 30, "answers": True}).encode())
    welcome = json.loads(viewer.hear(b"W"))
    assert {
        "protocol",
        "sessionId",
        "since",
        "start",
        "end",
        "phase",
        "step",
        "failure",
        "owner",
    } <= welcome.keys()
    while viewer.hear(b"Z") != struct.pack(">HH", 90, 30):
        continue
    viewer.say(b"F", b"\1")
    viewer.say(b"I", struct.pack(">I", 7) + b"hello\n")
    assert viewer.hear(b"D") == struct.pack(">I", 7)
    output = b""
    while b"got hello" not in output:
        payload = viewer.hear(b"O")
        assert struct.unpack_from(">Q", payload)[0] == len(output)
        output += payload[8:]
    viewer.say(b"S", b"{}")
    assert json.loads(viewer.hear(b"T"))["phase"] == "stopping"
    record = json.loads(viewer.hear(b"X"))
    assert (record["stoppedBy"], record["endOffset"]) == ("user", len(output))
    viewer.socket.close()


def test_a_viewer_of_a_later_version_is_told_ours_and_may_say_more(lab):
    client = lab.connect(lab.start("/bin/cat"))
    welcome = client.hello(protocol=99, something={"new": True})
    assert welcome["protocol"] == frames.PROTOCOL
    client.send(b"Q" + struct.pack(">I", 3) + b"new")
    client.type(b"still here\n")
    client.read_for(b"still here\r\n")


def test_a_viewer_of_a_version_nobody_speaks_is_told_so(lab):
    client = lab.connect(lab.start("/bin/cat"))
    client.send(frames.message(Kind.HELLO, {"protocol": 0, "since": 0}))
    client.read_until(lambda: client.error)
    assert client.error["code"] == "protocol_error"
    assert f"{frames.OLDEST} to {frames.PROTOCOL}" in client.error["message"]


def test_the_state_says_what_is_left_and_when_the_next_signal_comes(lab):
    client = lab.attach(
        lab.start(
            "/bin/sh", "-c", "trap '' HUP; sleep 600 & echo up; while :; do read line; done", env=dict(os.environ)
        )
    )
    client.read_for(b"up")
    client.send(frames.message(Kind.STOP, {}))
    client.read_until(lambda: client.states)
    state = client.states[0]
    assert (state["step"], state["left"]) == ("HUP", 2)
    assert 0 < state["due"] <= 2000
    client.send(frames.message(Kind.STOP, {}))
    assert client.read_to_exit()["stoppedBy"] == "user"
