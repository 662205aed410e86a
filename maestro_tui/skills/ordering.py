"""The order in which skills are read out: each after those it depends on."""

from collections.abc import Iterable, Iterator, Mapping

from maestro_tui.skills.manifest import Skill, SkillFinding

__all__ = ["dependencies_first", "dependency_findings"]


def dependencies_first(wanted: Iterable[Skill], skills: Mapping[str, Skill]) -> list[Skill]:
    """The wanted skills and all they depend on, each once; otherwise in the order given.

    A dependency that does not exist is left out, and a cycle is cut where it closes: both
    are findings, and neither keeps an agent from its work.
    """
    ordered: dict[str, Skill] = {}
    entered: set[str] = set()

    def visit(skill: Skill) -> None:
        if skill.name in entered:
            return
        entered.add(skill.name)
        for dependency in _present(skill, skills):
            visit(dependency)
        ordered[skill.name] = skill

    for skill in wanted:
        visit(skill)
    return list(ordered.values())


def dependency_findings(skills: Mapping[str, Skill]) -> list[SkillFinding]:
    """Dependencies that do not exist, and every cycle once."""
    ordered = [skills[name] for name in sorted(skills)]
    return [*_missing(ordered, skills), *(_cycle_finding(cycle) for cycle in _cycles(ordered, skills))]


def _present(skill: Skill, skills: Mapping[str, Skill]) -> Iterator[Skill]:
    return (skills[name] for name in skill.manifest.dependencies if name in skills)


def _missing(ordered: Iterable[Skill], skills: Mapping[str, Skill]) -> Iterator[SkillFinding]:
    for skill in ordered:
        for position, name in enumerate(skill.manifest.dependencies):
            if name not in skills:
                yield SkillFinding(skill.manifest_file, f"dependencies.{position}", f"there is no skill '{name}'")


def _cycles(ordered: Iterable[Skill], skills: Mapping[str, Skill]) -> list[list[Skill]]:
    cycles: list[list[Skill]] = []
    done: set[str] = set()

    def visit(skill: Skill, path: list[Skill]) -> None:
        if skill in path:
            cycles.append(path[path.index(skill) :])
            return
        if skill.name in done:
            return
        for dependency in _present(skill, skills):
            visit(dependency, [*path, skill])
        done.add(skill.name)

    for skill in ordered:
        visit(skill, [])
    return cycles


def _cycle_finding(cycle: list[Skill]) -> SkillFinding:
    names = " → ".join(skill.name for skill in (*cycle, cycle[0]))
    return SkillFinding(cycle[0].manifest_file, "dependencies", f"form a cycle: {names}; remove one of them")
