"""Read one skill folder: `manifest.json` beside `skill.md`, bounded and confined to the folder."""

from pathlib import Path

from maestro_tui.domain.text import clean_text
from maestro_tui.skills.manifest import BadSkill, Skill, SkillFinding, parse_manifest

__all__ = ["INSTRUCTIONS_FILE", "MANIFEST_FILE", "read_skill"]

MANIFEST_FILE = "manifest.json"
INSTRUCTIONS_FILE = "skill.md"
MANIFEST_LIMIT = 64 * 1024
INSTRUCTIONS_LIMIT = 64 * 1024


def read_skill(directory: Path, source: Path) -> Skill:
    """The skill in directory, a folder of the library source. Raises BadSkill."""
    if directory.is_symlink():
        raise _bad(directory, "is a symbolic link; copy the folder here instead")
    manifest_file = directory / MANIFEST_FILE
    manifest = parse_manifest(_read(manifest_file, MANIFEST_LIMIT), manifest_file)
    instructions_file = directory / INSTRUCTIONS_FILE
    instructions = _decode(_read(instructions_file, INSTRUCTIONS_LIMIT), instructions_file)
    if not instructions.strip():
        raise _bad(instructions_file, "is empty; write what the agent should do")
    return Skill(manifest, clean_text(instructions), directory, source)


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
