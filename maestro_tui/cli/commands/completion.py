"""`maestro completion SHELL`: the script that makes a shell ask `maestro __complete`."""

from maestro_tui.cli.call import Call
from maestro_tui.cli.diagnostics import Failure
from maestro_tui.cli.output import Result

__all__ = ["script"]

SCRIPTS = {
    # Bash shows what it would insert: with several candidates, in its list only, the titles stand beside the ids.
    "bash": """_maestro() {
    local line words
    words=("${COMP_WORDS[@]:1:COMP_CWORD}")
    COMPREPLY=()
    while IFS= read -r line; do
        COMPREPLY+=("$line")
    done < <(maestro __complete -- "${words[@]}" 2>/dev/null)
    if [[ ${#COMPREPLY[@]} -gt 1 && ${COMP_TYPE:-9} -eq 63 ]]; then
        COMPREPLY=("${COMPREPLY[@]//$'\\t'/  }")
    else
        COMPREPLY=("${COMPREPLY[@]%%$'\\t'*}")
    fi
}
complete -o default -F _maestro maestro
""",
    # -U: a candidate may have been found by its title, so that it need not begin like what was typed.
    "zsh": """#compdef maestro
_maestro() {
    local line
    local -a values shown
    for line in "${(@f)$(maestro __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
        [[ -n $line ]] || continue
        values+=("${line%%$'\\t'*}")
        shown+=("${line//$'\\t'/  -- }")
    done
    if (( ${#values} )); then
        compadd -U -l -d shown -a values
    else
        _files
    fi
}
compdef _maestro maestro
""",
    # -f: files are offered where nothing else is, as the other shells do it.
    "fish": """function __maestro_offers
    set -l words (commandline -opc) (commandline -ct)
    set -l found (maestro __complete -- $words[2..-1] 2>/dev/null)
    if set -q found[1]
        printf '%s\\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c maestro -f -a '(__maestro_offers)'
""",
}


def script(call: Call) -> Result:
    shell = call.invocation.text("shell") or ""
    if shell not in SCRIPTS:
        raise Failure(
            "invalid_request",
            f"'{shell}' is no shell with completion; allowed: {', '.join(SCRIPTS)}",
            suggestion="maestro completion bash",
            details={"allowed": list(SCRIPTS)},
        )
    text = SCRIPTS[shell]
    return Result({"shell": shell, "script": text}, text.splitlines(), is_whole=True)
