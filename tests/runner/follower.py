"""An agent that knows nothing of maestro: it does what the text of its brief says, and only that.

Commands, their flags and their order come from the text; ids come from the answers. What is its own
are judgement (what the work is, whether a result is right) and words (titles, messages).
"""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

DIDACTIC = "…"


class Text:
    """A part of a text, and what it shows to be typed, in order."""

    def __init__(self, markdown):
        self.markdown = markdown

    def skill(self, name):
        """The instructions of one skill."""
        return Text(re.split(r"\n## ", self.markdown.split(f"## Skill: {name}\n", 1)[1])[0])

    def headed(self, words):
        """What stands below a heading, or in a list item or table row, that begins with these words."""
        lines = self.markdown.split("\n")
        start = next(number for number, line in enumerate(lines) if _bare(line).startswith(words))
        end = start + 1
        ends = r"#|\d+\. |- \*\*|\| " if not lines[start].startswith("#") else r"#"
        while end < len(lines) and not (re.match(ends, lines[end]) and not _in_code(lines[:end])):
            end += 1
        return Text("\n".join(lines[start:end]))

    def row(self, *words):
        """The first row of a table whose left cell has all the words."""
        rows = [line.split("|")[1:3] for line in self.markdown.split("\n") if line.startswith("| ")]
        return Text(next(does for sees, does in rows if all(word in sees for word in words)))

    def commands(self):
        """Every command that is shown, code blocks and spans in the order of the text."""
        shown = re.findall(r"```sh\n(.*?)```|`(maestro [^`\n]+)`", self.markdown, re.DOTALL)
        lines = "\n".join(block or span for block, span in shown).replace("\\\n", " ").split("\n")
        return [shlex.split(line, comments=True) for line in lines if line.startswith("maestro ")]


def _bare(line):
    return re.sub(r"^[#\d.\-| ]+|\*\*", "", line).strip()


def _in_code(lines):
    return sum(line.startswith("```") for line in lines) % 2 == 1


def do(template, *own_words, **ids):
    """Run a shown command: capitals become ids, the example's text becomes our own words; its data.

    own_words replace, from the end, the words that are plainly an example: of several words, or an ellipsis.
    """
    words = [part for word in template for part in ids.get(word, [word])]
    examples = [place for place, word in enumerate(words) if " " in word or DIDACTIC in word]
    for place, text in zip(reversed(examples), reversed(own_words), strict=False):
        words[place] = text
    print("$", shlex.join(words), flush=True)
    done = subprocess.run([*words, "--json"], stdout=subprocess.PIPE, text=True, check=False)
    answer = json.loads(done.stdout)
    if not answer["success"]:
        print(done.stdout, flush=True)
        sys.exit(done.returncode)
    return answer["data"]


def hear():
    """What is typed into this terminal. Whoever started us may also end us here."""
    return sys.stdin.readline().strip()


def work(text):
    """A worker's way through its task, as its text describes it."""
    steps = {number: text.headed(words).commands() for number, words in enumerate(WORKER_STEPS, 1)}
    stuck = {words: text.headed(words).commands() for words in ("You miss something", "You have a question")}
    ending = Text(text.headed("End it").markdown + text.markdown.split("7. ", 1)[1]).commands()
    task = do(steps[1][0])
    me = {"TASK": [task["id"]]}
    if task["parentId"]:
        do(steps[1][1], PARENT=[task["parentId"]])
    do(steps[2][0], **me)
    plan = [one["id"] for one in task["subtasks"]]
    plan = plan or [do(steps[3][0], title, **me)["id"] for title in ("Look", "Build")]
    for number, step in enumerate(plan):
        if number == 1 and "key" in task["description"]:
            do(stuck["You miss something"][0], "the key of the mail provider; the orchestrator has it", **me)
            do(stuck["You miss something"][1], "Where is the key?")
            assert "key" in hear()
            do(stuck["You have a question"][1])
        if number == 1 and "redirect" in task["description"]:
            do(stuck["You have a question"][0], "Redirect or drop? I would redirect, because links exist")
            assert "redirect" in hear()
            do(stuck["You have a question"][1])
        do(steps[4][0], SUBTASK=[step], **me)
        do(steps[5][0], f"step {number + 1} is done")
    completes, reports, reviews = ending[0], ending[1], ending[2]
    wants_review = "review" in task["description"]
    do(reviews if wants_review else completes, **me)
    do(reports, "built and checked")
    while said := hear():
        do(steps[5][0], f"done as well: {said}")
        do(reviews if wants_review else completes, **me)
        do(reports, "built and checked again")


WORKER_STEPS = (
    "Read it all",
    "Say that you begin",
    "Have steps",
    "Do one step at a time",
    "Tell what you know",
    "Check the whole",
    "End it",
)
PIECES = {
    "Old address": "Decide with me what becomes of the old address: redirect or drop.",
    "Confirmation mail": "Needs the provider's key, which I have. I want to review it.",
}


def lead(text):
    """An orchestrator's way: split, start workers, follow them, bring it together."""
    understand, split = text.headed("Understand").commands(), text.headed("Split").commands()
    start, follow = text.headed("Start workers").commands(), text.headed("Follow them")
    waits, _, children, look, logs = follow.commands()[:5]
    ending = text.headed("Bring it together").commands()[-2:]
    task = do(understand[0])
    do(understand[1])
    me = {"TASK": [task["id"]]}
    do(understand[3], **me)
    workers = {}
    for title, description in PIECES.items():
        piece = do(_titled(split[0], title, description), **me)["id"]
        workers[do(start[0], title, f"for {title}", PIECE=[piece])["sessionId"]] = piece
    seen = set()
    while workers:
        do([*waits, "--any"], SESSION=list(workers))
        for node in do(children):
            if (piece := workers.get(node["id"])) is None:
                continue
            state = do(look, PIECE=[piece])
            ids = {"SESSION": [node["id"]], "PIECE": [piece]}
            if node["status"] == "failed":
                sys.exit(f"the worker of {piece} has failed")
            elif state["status"] == "completed":
                do(follow.row("`completed`").commands()[0], **ids)
                del workers[node["id"]]
            elif state["status"] == "in_review":
                approves, reopens, tells = follow.row("`in_review`").commands()
                if piece in seen:
                    do(approves, **ids)
                else:
                    seen.add(piece)
                    do(reopens, **ids)
                    do(tells, "the subject is missing", **ids)
            elif state["status"] == "blocked":
                frees, tells = follow.row("`blocked`").commands()
                assert "key" in state["reason"]
                do(frees, **ids)
                do(tells, "the key is in .env", **ids)
            elif node["needsInput"]["active"]:
                do(follow.row("needs input").commands()[0], "redirect it, because links exist", **ids)
            do(logs, **ids)
    do(ending[0], **me)
    do(ending[1], "both pieces are done and checked")


def _titled(template, title, description):
    """The example of a new task with our own title and description in the places of its own."""
    examples = [place for place, word in enumerate(template) if " " in word]
    words = list(template)
    words[examples[0]], words[examples[-1]] = title, description
    return words


def main():
    brief = Path(sys.argv[1]).read_text()
    role = re.search(r"the (worker|orchestrator) of session", brief)[1]
    text = Text(brief).skill(f"maestro-{role}")
    work(text) if role == "worker" else lead(text)


if __name__ == "__main__":
    main()
