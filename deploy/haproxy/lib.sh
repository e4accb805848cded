# Functions of the scripts beside this file. The settings are those of settings.example.sh.

DRAIN_SECONDS=10 READY_SECONDS=60 SHARES="5 50 100" WATCH_SECONDS=60 MAX_ERROR_PERCENT=1 MIN_RESPONSES=20
pollSeconds=0.2

load_settings() {
  [ -f "${1-}" ] || { echo "usage: $0 SETTINGS (a copy of settings.example.sh)" >&2; exit 2; }
  # shellcheck source=settings.example.sh
  . "$1"
  local name
  for name in curl node awk; do
    command -v "$name" >/dev/null || { echo "$name is missing" >&2; exit 2; }
  done
}

log() { echo "$(date +%T) $*"; }
now_ms() { date +%s%3N; }

# Sends a command to HAProxy's socket, and prints its answer. Node.js is there wherever Duly runs.
haproxy_command() {
  node -e '
    const [path, line] = process.argv.slice(1);
    require("node:net").connect(path)
      .on("error", (error) => { console.error("HAProxy: " + error.message); process.exit(1); })
      .end(line + "\n").pipe(process.stdout);' "$SOCKET" "$1"
}

# haproxy_set SERVER PROPERTY…: HAProxy answers with an error, or with nothing.
haproxy_set() {
  local answer
  answer=$(haproxy_command "set server $BACKEND/$1 ${*:2}") && [ -z "${answer//[[:space:]]/}" ] && return 0
  log "HAProxy refused: set server $BACKEND/$1 ${*:2}: $answer" >&2
  return 1
}

# server_stats SERVER FIELD…: values of `show stat`, in one line.
server_stats() {
  haproxy_command 'show stat' | awk -F, -v backend="$BACKEND" -v server="$1" -v fields="${*:2}" '
    NR == 1 { sub(/^# /, ""); for (i = 1; i <= NF; i++) column[$i] = i; next }
    $column["pxname"] == backend && $column["svname"] == server {
      count = split(fields, wanted, " ")
      for (i = 1; i <= count; i++) printf "%s ", $column[wanted[i]] == "" ? "-" : $column[wanted[i]]
      print ""
    }'
}

# Whether HAProxy sends requests to it: UP, also while the first check of several has failed.
is_up() { case $(server_stats "$1" status) in UP*) return 0 ;; *) return 1 ;; esac; }

# within SECONDS COMMAND…: tries the command until it succeeds.
within() {
  local deadline=$(($(now_ms) + $1 * 1000))
  while ! "${@:2}"; do
    [ "$(now_ms)" -lt "$deadline" ] || return 1
    sleep "$pollSeconds"
  done
}

is_ready() { curl -sf --max-time 3 -o /dev/null "$(url "$1")/health/ready"; }
is_idle() { [ "$(server_stats "$1" scur | tr -d ' ')" = 0 ]; }

# Sends no new requests to it, and waits for those that run. Event streams last until the instance is stopped.
drain() {
  haproxy_set "$1" state drain || return 1
  within "$DRAIN_SECONDS" is_idle "$1" || log "$1 still has streams or requests, which end when it stops"
}

# Stops a drained instance. Maintenance, so that HAProxy asks it no more.
take_out() {
  haproxy_set "$1" state maint && stop "$1"
}

# HAProxy takes a server that comes out of maintenance for healthy, so the instance is asked before.
put_in() {
  within "$READY_SECONDS" is_ready "$1" || { log "$1 is not ready after $READY_SECONDS s"; return 1; }
  haproxy_set "$1" state ready && within "$READY_SECONDS" is_up "$1"
}
