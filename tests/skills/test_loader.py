import os

import pytest

from maestro_tui.domain.errors import NotFound
from maestro_tui.domain.status import Role
from maestro_tui.skills.loader import FOLDER_LIMIT, SkillLibrary


def names(skills):
    return [skill.name for skill in skills]


def test_a_directory_that_is_not_there_holds_nothing(tmp_path):
    library = SkillLibrary([tmp_path / "none"])
    assert library.all() == []
    assert library.findings() == []


def test_a_directory_that_is_a_file_is_a_finding(tmp_path):
    (tmp_path / "skills").write_text("")
    (finding,) = SkillLibrary([tmp_path / "skills"]).findings()
    assert finding.file == tmp_path / "skills"


def test_the_later_directory_wins_by_name(tmp_path, write_skill):
    write_skill(tmp_path / "a", "tests", instructions="first")
    write_skill(tmp_path / "a", "docs")
    write_skill(tmp_path / "b", "tests", instructions="second")
    library = SkillLibrary([tmp_path / "a", tmp_path / "b"])
    assert names(library.all()) == ["docs", "tests"]
    assert library.get("tests").instructions == "second"
    assert library.get("tests").source == tmp_path / "b"


def test_a_broken_later_edition_leaves_the_earlier_in_force(tmp_path, write_skill):
    write_skill(tmp_path / "a", "tests", instructions="first")
    write_skill(tmp_path / "b", "tests", version="two")
    library = SkillLibrary([tmp_path / "a", tmp_path / "b"])
    assert library.get("tests").instructions == "first"
    assert [finding.field for finding in library.findings()] == ["version"]


def test_two_of_one_name_in_one_directory(tmp_path, write_skill):
    write_skill(tmp_path, "tests", folder="a", instructions="first")
    write_skill(tmp_path, "tests", folder="b", instructions="second")
    library = SkillLibrary([tmp_path])
    assert library.get("tests").instructions == "first"
    (finding,) = library.findings()
    assert (finding.file, finding.field) == (tmp_path / "b" / "manifest.json", "name")


def test_get_names_what_is_missing(tmp_path):
    with pytest.raises(NotFound, match="Skill with id 'nope' not found"):
        SkillLibrary([tmp_path]).get("nope")


def test_a_role_gets_the_foundation_then_its_own_by_priority(tmp_path, write_skill):
    write_skill(tmp_path, "maestro-cli", assignTo=["all"], priority=0)
    write_skill(tmp_path, "low", assignTo=["worker"], priority=1)
    write_skill(tmp_path, "high", assignTo=["worker"], priority=9)
    write_skill(tmp_path, "lead", assignTo=["orchestrator"], priority=99)
    write_skill(tmp_path, "asked")
    library = SkillLibrary([tmp_path])
    assert names(library.for_role(Role.WORKER)) == ["maestro-cli", "high", "low"]
    assert names(library.for_role(Role.ORCHESTRATOR)) == ["maestro-cli", "lead"]
    assert names(library.resolve(["asked", "high"], Role.WORKER)) == ["maestro-cli", "high", "low", "asked"]
    with pytest.raises(NotFound):
        library.resolve(["unknown"], Role.WORKER)


def test_dependencies_come_first_and_once(tmp_path, write_skill):
    write_skill(tmp_path, "top", dependencies=["left", "right"])
    write_skill(tmp_path, "left", dependencies=["base"])
    write_skill(tmp_path, "right", dependencies=["base"])
    write_skill(tmp_path, "base")
    library = SkillLibrary([tmp_path])
    assert names(library.resolve(["top"], Role.WORKER)) == ["base", "left", "right", "top"]
    assert library.findings() == []


def test_a_cycle_is_reported_once_and_everything_still_read(tmp_path, write_skill):
    write_skill(tmp_path, "a", dependencies=["b"])
    write_skill(tmp_path, "b", dependencies=["c"])
    write_skill(tmp_path, "c", dependencies=["a"])
    library = SkillLibrary([tmp_path])
    (finding,) = library.findings()
    assert finding.field == "dependencies"
    assert "a → b → c → a" in finding.message
    assert set(names(library.resolve(["a"], Role.WORKER))) == {"a", "b", "c"}


def test_a_skill_that_needs_itself(tmp_path, write_skill):
    write_skill(tmp_path, "a", dependencies=["a"])
    library = SkillLibrary([tmp_path])
    assert "a → a" in library.findings()[0].message
    assert names(library.resolve(["a"], Role.WORKER)) == ["a"]


def test_a_missing_dependency_is_a_finding_and_no_obstacle(tmp_path, write_skill):
    write_skill(tmp_path, "a", dependencies=["gone"])
    library = SkillLibrary([tmp_path])
    (finding,) = library.findings()
    assert (finding.field, finding.message) == ("dependencies.0", "there is no skill 'gone'")
    assert names(library.resolve(["a"], Role.WORKER)) == ["a"]


def test_the_longest_chain_is_read(tmp_path, write_skill):
    for number in range(FOLDER_LIMIT):
        write_skill(
            tmp_path, f"s{number:03}", dependencies=[f"s{number + 1:03}"] if number < FOLDER_LIMIT - 1 else []
        )
    library = SkillLibrary([tmp_path])
    assert len(library.resolve(["s000"], Role.WORKER)) == FOLDER_LIMIT
    write_skill(tmp_path, "t-one-too-many")
    library.reload()
    assert "129 skills" in library.findings()[0].message


@pytest.mark.attack(35)
def test_links_out_of_the_folder_are_refused(tmp_path, write_skill):
    secret = tmp_path / "secret"
    secret.write_text("password")
    linked = write_skill(tmp_path / "a", "linked")
    (linked / "skill.md").unlink()
    (linked / "skill.md").symlink_to(secret)
    elsewhere = write_skill(tmp_path / "elsewhere", "elsewhere")
    (tmp_path / "a" / "elsewhere").symlink_to(elsewhere)
    library = SkillLibrary([tmp_path / "a"])
    assert library.all() == []
    messages = [str(finding) for finding in library.findings()]
    assert any("outside its folder" in message for message in messages)
    assert any("symbolic link" in message for message in messages)


@pytest.mark.attack(35)
def test_unreadable_kinds_of_files_are_findings(tmp_path, write_skill):
    os.mkfifo(_without_instructions(write_skill(tmp_path, "fifo")))
    _without_instructions(write_skill(tmp_path, "directory")).mkdir()
    _without_instructions(write_skill(tmp_path, "missing"))
    looped = _without_instructions(write_skill(tmp_path, "looped"))
    looped.symlink_to(looped)
    _without_instructions(write_skill(tmp_path, "binary")).write_bytes(b"\xff\x00")
    write_skill(tmp_path, "empty", instructions=" \n")
    write_skill(tmp_path, "huge", instructions="x" * 70_000)
    library = SkillLibrary([tmp_path])
    assert library.all() == []
    assert len({finding.file.parent.name for finding in library.findings()}) == 7


def _without_instructions(directory):
    (directory / "skill.md").unlink()
    return directory / "skill.md"


def test_instructions_carry_no_escape_sequences(tmp_path, write_skill):
    write_skill(tmp_path, "loud", instructions="a\x1b[2Jb\u202e")
    assert SkillLibrary([tmp_path]).get("loud").instructions == "a[2Jb"


def test_reload_sees_changes_and_keeps_the_last_good_edition(tmp_path, write_skill):
    directory = write_skill(tmp_path, "a", instructions="one")
    library = SkillLibrary([tmp_path])
    (directory / "skill.md").write_text("two")
    library.reload("a")
    assert library.get("a").instructions == "two"
    (directory / "manifest.json").write_text("{")
    library.reload("a")
    assert library.get("a").instructions == "two"
    assert library.findings()
    (directory / "skill.md").unlink()
    (directory / "manifest.json").unlink()
    directory.rmdir()
    with pytest.raises(NotFound):
        library.reload("a")


def test_a_reload_says_what_it_brought(tmp_path, write_skill):
    changed = write_skill(tmp_path, "changed")
    gone = write_skill(tmp_path, "gone")
    broken = write_skill(tmp_path, "broken")
    library = SkillLibrary([tmp_path])
    assert not library.reload()
    write_skill(tmp_path, "added")
    (changed / "skill.md").write_text("# Anew\n")
    (broken / "manifest.json").write_text("{")
    (gone / "skill.md").unlink()
    (gone / "manifest.json").unlink()
    gone.rmdir()
    news = library.reload()
    assert (news.added, news.changed, news.removed) == (("added",), ("changed",), ("gone",))
    assert [finding.file for finding in news.findings] == [broken / "manifest.json"]
    assert not library.reload(), "told once"
