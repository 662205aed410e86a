#!/bin/sh
# Carry out the Dockerfile without a container engine: its build stage in an empty directory, its checks on the
# result. What needs the image's own system (apt-get, useradd) is named and left out.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
mkdir "$place/src" "$place/home"

# COPY of the first stage: exactly these, so a file the build needs and the Dockerfile forgets is noticed.
sed -n '/AS build/,/^$/p' "$here/Dockerfile" | sed -n 's/^COPY \(.*\) [^ ]*$/\1/p' | tr ' ' '\n' |
    while read -r name; do cp -R "$here/../$name" "$place/src/"; done
# RUN of the first stage, with its /opt below our own directory.
sed -n '/AS build/,/^$/p' "$here/Dockerfile" | sed -n 's/^RUN //p' | sed "s|/opt/|$place/opt/|g; s|^python |${PYTHON:-python3} |" \
    > "$place/steps.sh"
(cd "$place/src" && mkdir "$place/opt" && env -i HOME="$place/home" PATH="$PATH" sh -eux "$place/steps.sh")
sed -n '/^FROM/,$p' "$here/Dockerfile" | grep '^RUN \(apt-get\|useradd\)' | sed 's/^/left out: /'

# HEALTHCHECK and STOPSIGNAL against the command of the image.
run() { env -i HOME="$place/home" PATH="$place/opt/maestro/bin:$PATH" MAESTRO_HOME="$place/home/.maestro" MAESTRO_PORT=0 "$@"; }
(exec env -i HOME="$place/home" PATH="$PATH" MAESTRO_HOME="$place/home/.maestro" MAESTRO_PORT=0 \
    "$place/opt/maestro/bin/maestro-tui" serve) &
server=$!
tries=0
until run maestro project list --quiet >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] || { kill -KILL "$server"; echo "not healthy" >&2; exit 1; }
    sleep 0.3
done
kill -TERM "$server"
wait "$server"
[ ! -e "$place/home/.maestro/server.json" ]
echo "the Dockerfile's steps work"
