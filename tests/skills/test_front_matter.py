"""SKILL.md with a head, as other tools write it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestro_tui.domain.status import Role
from maestro_tui.skills.front_matter import FrontMatterError, split_front_matter
from maestro_tui.skills.loader import SkillLibrary

HEAD = """---
# written by hand
name: pdf-forms
description: >
  Fill in forms.
  Use it when a PDF
  has fields.
license: 'It''s ours'   # a comment
allowed-tools: [Read, "Bash(pdftk:*)"]
metadata:
  version: "1.2.0"
  assignTo: worker
priority: 7
dependencies:
- maestro-cli
---
# Forms

Run the script.
"""


def write(root, text, name="pdf-forms"):
    folder = root / name
    folder.mkdir(parents=True)
    (folder / "SKILL.md").write_text(text)
    return folder


def test_a_head_is_read():
    head, body = split_front_matter(HEAD)
    assert head == {
        "name": "pdf-forms",
        "description": "Fill in forms. Use it when a PDF has fields.",
        "license": "It's ours",
        "allowed-tools": ["Read", "Bash(pdftk:*)"],
        "metadata": {"version": "1.2.0", "assignTo": "worker"},
        "priority": "7",
        "dependencies": ["maestro-cli"],
    }
    assert body == "# Forms\n\nRun the script.\n"


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("a: plain: with colon", "plain: with colon"),
        ("a: b#c", "b#c"),
        ("a: b # c", "b"),
        ('a: "b # c" # d', "b # c"),
        (r'a: "say \"hi\"\n"', 'say "hi"\n'),
        ("a: two\n  lines", "two lines"),
        ("a: |\n  one\n    two\n\n  three", "one\n  two\n\nthree"),
        ("a: []", []),
        ("a:", ""),
    ],
)
def test_values(line, value):
    assert split_front_matter(f"---\n{line}\n---\n")[0] == {"a": value}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# Forms\n", "line 1: must begin with '---'"),
        ("---\nname: x\n", "never closed"),
        ("---\nname: x\nname: y\n---\n", "line 3: 'name' is there twice"),
        ("---\njust words\n---\n", "line 2: 'just words' is no 'key: value'"),
        ("---\nname: x\ndescription: [a\n---\n", "line 3: a list in brackets must end on its line"),
        ("---\nname: x\ntags:\n  - a\n  - 'b\n---\n", "line 5: a quoted text must end on its line"),
        ("---\nname: &a x\n---\n", "line 2: '&a x' is YAML that is not read here"),
        ('---\nname: "x\n---\n', "a quoted text must end on its line"),
        ("---\nname: [x,\n  y]\n---\n", "a list in brackets must end on its line"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(text, message):
    with pytest.raises(FrontMatterError) as caught:
        split_front_matter(text)
    assert message in str(caught.value)


@given(st.text(alphabet="-: \n#'\"[]|>ab&*{"))
def test_nothing_else_happens(text):
    try:
        head, _ = split_front_matter(f"---\n{text}\n---\n")
    except FrontMatterError:
        return
    assert isinstance(head, dict)


def test_a_folder_with_only_a_head_is_a_skill(tmp_path, write_skill):
    write_skill(tmp_path, "maestro-cli", assignTo=["all"])
    write(tmp_path, HEAD)
    library = SkillLibrary([tmp_path])
    assert library.findings() == []
    skill = library.get("pdf-forms")
    assert skill.instructions.startswith("# Forms")
    assert (skill.manifest.version, skill.manifest.priority) == ("1.2.0", 7)
    assert [one.name for one in library.for_role(Role.WORKER)] == ["maestro-cli", "pdf-forms"]
    assert [one.name for one in library.for_role(Role.ORCHESTRATOR)] == ["maestro-cli"]


def test_the_least_there_can_be(tmp_path):
    write(tmp_path, "---\nname: least\ndescription: Little\n---\nDo it.\n", "least")
    skill = SkillLibrary([tmp_path]).get("least")
    assert (skill.manifest.version, skill.manifest.assign_to) == ("0.0.0", ())


def test_what_is_wrong_in_a_head_is_named_by_file_and_field(tmp_path):
    file = write(tmp_path, "---\nname: bad name\npriority: high\n---\nDo it.\n", "bad") / "SKILL.md"
    findings = SkillLibrary([tmp_path]).findings()
    assert {finding.field for finding in findings} == {"name", "description", "priority"}
    assert {finding.file for finding in findings} == {file}


def test_a_manifest_goes_before_a_head(tmp_path, write_skill):
    folder = write_skill(tmp_path, "pdf-forms", description="From the manifest")
    (folder / "skill.md").unlink()
    (folder / "SKILL.md").write_text("# Only text\n")
    assert SkillLibrary([tmp_path]).get("pdf-forms").manifest.description == "From the manifest"
