"""Where skills are looked for, from the weakest place to the strongest."""

from pathlib import Path

from maestro_tui.paths import Home, bundled
from maestro_tui.skills.loader import SkillLibrary

__all__ = ["PROJECT_SKILLS", "library_for"]

PROJECT_SKILLS = Path(".maestro") / "skills"


def library_for(home: Home, project_dir: Path | None = None) -> SkillLibrary:
    """The bundled skills, the user's shared library, this home's, and the project's; the later wins by name.

    project_dir: the project's working directory, where there is one.
    """
    directories = [bundled("skills"), home.skill_library, home.skills]
    if project_dir is not None:
        directories.append(project_dir / PROJECT_SKILLS)
    return SkillLibrary(directories)
