"""Read one skill folder, bounded and confined to the folder.

It holds `manifest.json` beside `skill.md`, or one `SKILL.md` whose head says the same.
"""

from pathlib import Path

from maestro_tui.domain.text import clean_text
from maestro_tui.skills.front_matter import FrontMatterError, split_front_matter
from maestro_tui.skills.manifest import (
    BadSkill,
    Skill,
    SkillFinding,
    SkillManifest,
    parse_front_matter,
    parse_manifest,
)

__all__ = ["INSTRUCTIONS_FILE", "MANIFEST_FILE", "SINGLE_FILE", "read_skill"]

MANIFEST_FILE = "manifest.json"
INSTRUCTIONS_FILE = "skill.md"
SINGLE_FILE = "SKILL.md"
MANIFEST_LIMIT = 64 * 1024
INSTRUCTIONS_LIMIT = 64 * 1024


def read_skill(directory: Path, source: Path) -> Skill:
    """The skill in directory, a folder of the library source. Raises BadSkill."""
    if directory.is_symlink():
        raise _bad(directory, "is a symbolic link; copy the folder here instead")
    manifest_file, file, manifest, instructions = _read_parts(directory)
    if not instructions.strip():
        raise _bad(file, "is empty; write what the agent should do")
    return Skill(manifest, clean_text(instructions), directory, source, manifest_file)


def _read_parts(directory: Path) -> tuple[Path, Path, SkillManifest, str]:
    """The files with the manifest and with the instructions, and both."""
    manifest_file, single_file = directory / MANIFEST_FILE, directory / SINGLE_FILE
    if not manifest_file.exists() and single_file.exists():
        try:
            head, instructions = split_front_matter(_decode(_read(single_file, INSTRUCTIONS_LIMIT), single_file))
        except FrontMatterError as error:
            raise _bad(single_file, str(error)) from None
        return single_file, single_file, parse_front_matter(head, single_file), instructions
    manifest = parse_manifest(_read(manifest_file, MANIFEST_LIMIT), manifest_file)
    file = directory / INSTRUCTIONS_FILE
    if not file.exists() and single_file.exists():
        file = single_file
    return manifest_file, file, manifest, _decode(_read(file, INSTRUCTIONS_LIMIT), file)


def _read(file: Path, limit: int) -> bytes:
    try:
        if not file.resolve(strict=True).is_relative_to(file.parent.resolve()):
            raise _bad(file, "links to a place outside its folder; copy the file here instead")
        if not file.is_file():
            raise _bad(file, "is not a regular file")
        with file.open("rb") as stream:
            content = stream.read(limit + 1)
    except FileNotFoundError:
        raise _bad(file, "is missing") from None
    except (OSError, RuntimeError) as error:  # a loop of links is a RuntimeError up to Python 3.12
        raise _bad(file, f"cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if len(content) > limit:
        raise _bad(file, f"is larger than {limit // 1024} KiB; shorten it or split the skill")
    return content


def _decode(content: bytes, file: Path) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _bad(file, f"is not UTF-8 (byte {error.start})") from None


def _bad(file: Path, message: str) -> BadSkill:
    return BadSkill(SkillFinding(file, "", message))
