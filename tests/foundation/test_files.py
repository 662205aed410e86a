"""Files are written whole or not at all."""

import os
import stat
from pathlib import Path

import pytest

from maestro_tui import files


def test_a_new_file_is_private_and_an_old_one_keeps_its_mode(tmp_path):
    path = tmp_path / "file"
    files.write_whole(path, b"one")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o640)
    written = files.write_whole(path, b"two")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert (path.read_bytes(), written.st_ino) == (b"two", path.stat().st_ino)
    files.write_whole(path, b"", mode=0o600)
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"", 0o600)


def test_a_failure_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def refuse(*_):
        raise OSError("no")

    for name in ("write", "fsync", "replace"):
        with monkeypatch.context() as patch:
            patch.setattr(os, name, refuse)
            with pytest.raises(OSError, match="no"):
                files.write_whole(path, b"new")
        assert os.listdir(tmp_path) == ["file"]
        assert path.read_bytes() == b"old"


def test_a_staged_file_can_be_given_up(tmp_path):
    staged = files.stage(tmp_path / "file", b"content")
    assert os.listdir(tmp_path) == [Path(staged.temporary).name]
    files.discard(staged)
    files.discard(staged)
    assert os.listdir(tmp_path) == []


def test_links_are_replaced_not_followed(tmp_path):
    target = tmp_path / "target"
    target.write_bytes(b"mine")
    (tmp_path / "link").symlink_to(target)
    files.write_whole(tmp_path / "link", b"ours")
    assert target.read_bytes() == b"mine"
    assert not (tmp_path / "link").is_symlink()


def test_private_directories(tmp_path):
    made = files.ensure_private_directory(tmp_path / "a" / "b")
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    assert files.ensure_private_directory(made) == made
    made.chmod(0o777)
    with pytest.raises(PermissionError, match="chmod 700"):
        files.ensure_private_directory(made)


@pytest.mark.parametrize("what", ["file", "link"])
def test_what_is_no_directory_is_refused(tmp_path, what):
    path = tmp_path / "there"
    if what == "file":
        path.write_text("")
    else:
        (tmp_path / "elsewhere").mkdir()
        path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PermissionError, match="must be a directory"):
        files.ensure_private_directory(path)


@pytest.mark.parametrize(("mode", "refused"), [(0o700, False), (0o755, False), (0o720, True), (0o702, True)])
def test_a_directory_others_may_read_is_taken_and_one_they_may_write_is_not(tmp_path, mode, refused):
    path = tmp_path / "there"
    path.mkdir()
    path.chmod(mode)
    if refused:
        with pytest.raises(PermissionError, match="can be written by others"):
            files.ensure_private_directory(path)
    else:
        assert files.ensure_private_directory(path) == path


def test_a_directory_of_somebody_else_is_refused(tmp_path):
    if os.getuid() == 0:
        theirs = tmp_path / "theirs"
        theirs.mkdir(mode=0o700)
        os.chown(theirs, 65_534, 65_534)
    else:
        theirs = Path("/")
    with pytest.raises(PermissionError, match="belongs to another user"):
        files.ensure_private_directory(theirs)
