"""Archives that a stranger made: each is refused before anything is touched."""

import gzip
import hashlib
import io
import json
import random
import tarfile

import pytest

from maestro_tui.domain.errors import Invalid, MaestroError, Unavailable
from maestro_tui.store.backups import reading, restoring
from maestro_tui.store.backups.manifest import MANIFEST, Manifest, Member
from maestro_tui.store.backups.members import checked_name
from maestro_tui.store.backups.restoring import restore
from maestro_tui.store.backups.writing import back_up
from tests.platforms import descriptors

GOOD = "data/projects/proj_1.json"


def header(name, size=0, kind=tarfile.REGTYPE, linkname=""):
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname, info.mode = size, kind, linkname, 0o777
    return info


def named(members):
    return Manifest(
        version="1",
        created_at=1,
        counts={},
        members=tuple(
            Member(path=name, size=len(content), sha256=hashlib.sha256(content).hexdigest())
            for name, content in members
        ),
    )


@pytest.fixture
def build(tmp_path):
    """Write an archive: members as given, `extra` headers in front, and a manifest that fits unless given."""

    def write(*members, extra=(), manifest=None):
        path = tmp_path / "hostile.tar.gz"
        manifest = named(members) if manifest is None else manifest
        with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT) as tar:
            for info in extra:
                tar.addfile(info)
            for name, content in (*members, (MANIFEST, manifest.model_dump_json(by_alias=True).encode())):
                tar.addfile(header(name, len(content)), io.BytesIO(content))
        return path

    return write


@pytest.fixture
def refused(home, tmp_path):
    """Restoring raises, and the home is as empty as before."""

    def check(path, match=None):
        with pytest.raises(Invalid, match=match):
            restore(home, path)
        assert [one.name for one in tmp_path.iterdir()] == [path.name]

    return check


def test_a_good_one_of_this_make_is_restored(build, home):
    restore(home, build((GOOD, b"{}")))
    assert (home.data / "projects" / "proj_1.json").read_bytes() == b"{}"
    assert (home.data / "projects" / "proj_1.json").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd",
        "../outside",
        "data/../../outside",
        "data/..",
        "data/./x.json",
        "data//x.json",
        "data/",
        "data",
        "",
        ".",
        "server.json",
        "bin/maestro",
        "state/layout.json",
        "config.toml/x",
        "token.key/x",
        "data/.lock",
        "data/.index.db",
        "data/.index.db-wal",
        "data\\..\\x",
        "data/a\nb",
        "data/a\x00b",
        "data/\x1b[2J",
        "data/" + "a" * 2000,
        "/".join(["data"] * 40),
        "~/x",
        "sessionsx/y",
    ],
)
def test_a_name_that_leads_elsewhere(name):
    with pytest.raises(Invalid):
        checked_name(name)


@pytest.mark.parametrize("name", ["/etc/passwd", "../outside", "data/../../outside", "bin/maestro", "data/.lock"])
def test_an_archive_with_such_a_name(build, refused, name):
    refused(build((GOOD, b"{}"), (name, b"x")))


@pytest.mark.parametrize(
    "kind",
    [
        tarfile.SYMTYPE,
        tarfile.LNKTYPE,
        tarfile.CHRTYPE,
        tarfile.BLKTYPE,
        tarfile.FIFOTYPE,
        tarfile.DIRTYPE,
        tarfile.CONTTYPE,
        tarfile.GNUTYPE_SPARSE,
    ],
)
def test_anything_but_plain_files(build, refused, kind):
    refused(build((GOOD, b"{}"), extra=[header("data/tasks", kind=kind, linkname="/etc")]))


def test_a_link_to_walk_through(build, refused):
    refused(
        build(("data/tasks/x.json", b"{}"), extra=[header("data/tasks", kind=tarfile.SYMTYPE, linkname="/tmp")])
    )


def test_a_member_twice(build, refused):
    refused(build((GOOD, b"{}"), (GOOD, b"[]")), "twice")


def test_a_file_that_is_also_a_directory(build, home, tmp_path):
    with pytest.raises(Unavailable):
        restore(home, build(("data/a", b"x"), ("data/a/b", b"y")))
    assert [one.name for one in tmp_path.iterdir()] == ["hostile.tar.gz"]


def test_a_wrong_digest_size_or_name(build, refused):
    refused(build((GOOD, b"{}"), manifest=named([(GOOD, b"[]")])), "checksum")
    refused(build((GOOD, b"{}"), manifest=named([(GOOD, b"{ }")])), "checksum")
    refused(build((GOOD, b"{}"), manifest=named([])), "not named")
    refused(build((GOOD, b"{}"), manifest=named([(GOOD, b"{}"), ("data/b", b"")])), "missing")


def test_a_manifest_of_a_later_format_or_none(build, refused, tmp_path):
    refused(build((GOOD, b"{}"), manifest=named([(GOOD, b"{}")]).model_copy(update={"format": 2})), "format 2")
    path = tmp_path / "hostile.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        tar.addfile(header(GOOD, 2), io.BytesIO(b"{}"))
    refused(path, "manifest")
    for text in (b"", b"[]", b"{}", b"[" * 100_000, json.dumps({"format": "x"}).encode()):
        with tarfile.open(path, "w:gz") as tar:
            tar.addfile(header(MANIFEST, len(text)), io.BytesIO(text))
        refused(path)


def test_a_bomb_stays_small(refused, tmp_path, monkeypatch):
    """Zeros that compress a thousandfold: a long name is not read into memory, a long file not onto the disk."""
    path = tmp_path / "hostile.tar.gz"
    name = header("././@LongLink", 200 << 20, tarfile.GNUTYPE_LONGNAME)
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(name.tobuf(tarfile.GNU_FORMAT))
        for _ in range(200):
            file.write(bytes(1 << 20))
    refused(path, "header is too large")
    monkeypatch.setattr(reading, "LARGEST_TOTAL_BYTES", 1 << 20)
    with tarfile.open(path, "w:gz") as tar:
        tar.addfile(header("data/zeros", 2 << 20), io.BytesIO(bytes(2 << 20)))
    refused(path, "more than a backup may hold")
    with tarfile.open(path, "w:gz") as tar:
        for number in range(4):
            tar.addfile(header(f"data/zeros{number}", 1 << 20), io.BytesIO(bytes(1 << 20)))
    refused(path, "larger than a backup may be")


def test_more_than_the_disk_has_room_for(build, home, tmp_path, monkeypatch):
    monkeypatch.setattr(restoring, "_SPARE_BYTES", 1 << 60)
    with pytest.raises(Unavailable, match="has room for"):
        restore(home, build((GOOD, b"{}")))
    assert [one.name for one in tmp_path.iterdir()] == ["hostile.tar.gz"]


def test_a_real_backup_with_any_damage_is_refused_or_unharmed(filled, tmp_path):
    """A thousand backups with some bytes changed: restored only when every member is what it was."""
    archive = tmp_path / "real.tar.gz"
    manifest = back_up(filled, archive)
    content = archive.read_bytes()
    chance, survived = random.Random(7), 0
    for _ in range(1000):
        damaged = bytearray(content)
        for _ in range(chance.randint(1, 4)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        archive.write_bytes(damaged)
        try:
            assert reading.read_archive(archive) == manifest
            survived += 1
        except MaestroError:
            pass
    assert survived < 100


def test_a_restore_leaves_no_descriptor_open(build, home):
    path = build((GOOD, b"{}"))
    before = descriptors()
    restore(home, path)
    assert descriptors() <= before
