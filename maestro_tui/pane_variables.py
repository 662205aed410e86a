"""What the environment of an agent says of its session: the server tells runners, and our own runner sets it."""

from maestro_tui import environment
from maestro_tui.domain.session import Session

__all__ = ["pane_variables"]


def pane_variables(
    session: Session,
    *,
    task_title: str,
    api_url: str = "",
    token: str = "",
    traceparent: str | None = None,
    traces: bool = False,
) -> dict[str, str]:
    """The variables of a session's pane that are ours; those without a value are left out.

    api_url: the capability form `http://host:port/~TOKEN`, so that clients which cannot send
    an Authorization header work too; it and the token are given to the winner of the claim alone.
    The first skill is MAESTRO_SKILL. traceparent, traces: the trace that the agent's start is part of,
    and whether the `maestro` command goes on with it.
    """
    variables = {
        environment.API_URL: api_url,
        environment.SERVER_URL: api_url,
        environment.TOKEN: token,
        environment.PROJECT_ID: session.project_id,
        environment.SESSION_ID: session.id,
        environment.TASK_IDS: ",".join(session.task_ids),
        environment.TASK_TITLE: task_title,
        environment.SKILL: session.skill_ids[0] if session.skill_ids else "",
        environment.ROLE: session.role.value,
        environment.MANIFEST_PATH: session.manifest_path,
        environment.PARENT_SESSION_ID: session.parent_session_id,
        environment.COORDINATOR_SESSION_ID: session.parent_session_id,
        environment.ROOT_SESSION_ID: session.root_session_id,
        environment.TRACEPARENT: traceparent,
        environment.TRACES: "true" if traces else "",
    }
    return {name: value for name, value in variables.items() if value}
