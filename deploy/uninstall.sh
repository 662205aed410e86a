#!/bin/sh
# Remove maestro-tui. The home with its documents stays; --purge removes that too, and refuses while agents live.
. "$(dirname -- "$0")/lib.sh"

if command -v systemctl >/dev/null; then systemctl --user disable --now maestro-tui 2>/dev/null || true; fi
home=${MAESTRO_HOME:-$HOME/.maestro}
if [ "${1:-}" = --purge ] && [ -d "$home" ]; then
    [ ! -e "$home/server.json" ] || die "a server runs on $home; end it first"
    live=$(live_agents "$home")
    [ -z "$live" ] || die "agents still run: $live; start maestro-tui and end them first: maestro session stop SESSION"
    rm -rf "$home"
    say "$home is gone"
fi
for command in maestro maestro-tui; do
    case "$(readlink "$bin/$command" 2>/dev/null || true)" in "$prefix"/*) rm -f "$bin/$command" ;; esac
done
rm -f "$units/maestro-tui.service"
if [ -d "$prefix/backups" ]; then say "backups stay in $prefix/backups"; fi
rm -rf "$prefix/versions" "$prefix/current" "$prefix/previous"
rmdir "$prefix" 2>/dev/null || true
say "uninstalled"
[ ! -d "$home" ] || say "your documents stay in $home"
