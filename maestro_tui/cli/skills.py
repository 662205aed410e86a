"""The commands about skills, as data."""

from __future__ import annotations

from maestro_tui.cli.grammar import Argument, Command, Flag

__all__ = ["SKILL_COMMANDS"]

SKILL_COMMANDS = (
    Command(
        "skill list",
        "skill:list_skills",
        "list skills",
        flags=(Flag("--role", "those a role is given", value="ROLE", offers="worker orchestrator"),),
    ),
    Command(
        "skill info",
        "skill:info",
        "show a skill with its instructions",
        Argument("name", "the skill", also=("--name", "--id"), offers="skill"),
        aliases=("skill get", "skill show"),
    ),
    Command(
        "skill validate",
        "skill:validate",
        "check skill folders: which file, which field, what is wrong",
        Argument(
            "path", "a folder of skills, or one skill; by default all libraries", also=("--path",), required=False
        ),
    ),
    Command(
        "skill new",
        "skill:new",
        "begin a skill: a folder with its two files, ready to be filled in",
        Argument("name", "its name: letters, digits, hyphens", also=("--name",)),
        flags=(
            Flag("--desc --description", "what it teaches, in one line", value="TEXT"),
            Flag(
                "--for --role",
                "the roles that are given it by themselves: all, worker, orchestrator",
                value="ROLES",
                many=True,
                offers="all worker orchestrator",
            ),
            Flag("--dir", "the folder of skills it goes to; by default the home's skills", value="DIR"),
            Flag("--here", "into the project in the current directory, .maestro/skills"),
        ),
        examples=('maestro skill new review --desc "How we review changes" --for worker',),
    ),
)
