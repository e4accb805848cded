#!/usr/bin/env bash
# Restarts the instances behind HAProxy one after the other, without a failed request. An instance that does not come
# back stays out, and the others are not touched.
# usage: rolling-restart.sh SETTINGS [SERVER…]; exit code 1 if an instance did not come back
set -uo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
load_settings "${1-}"
shift
[ $# -gt 0 ] || set -- $SERVERS

others_serve() {
  local server
  for server in $SERVERS; do
    [ "$server" = "$1" ] || ! is_up "$server" || return 0
  done
  return 1
}

for server; do
  within "$READY_SECONDS" others_serve "$server" || { log "$server stays: no other instance serves"; exit 1; }
  begin=$(now_ms)
  drain "$server" && take_out "$server" || { log "$server could not be stopped"; exit 1; }
  start "$server" && put_in "$server" || { log "$server did not come back, and is out"; exit 1; }
  log "$server was restarted in $(($(now_ms) - begin)) ms"
done
