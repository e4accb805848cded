#!/usr/bin/env bash
# Switches from the instance that serves to the other one, which has the new release. Applies its migrations, starts it,
# gives it a growing share of the requests, and watches its health and its errors. If it is bad, all requests go back to
# the old one, which still runs, and its migrations are undone.
# usage: blue-green.sh SETTINGS; exit code 1 if the new release was bad and the old one serves, 2 if nothing was begun,
# 3 if a person has to act
set -uo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
load_settings "${1-}"
maxWeight=256
migrations=0

# The one that serves is `old`, the other one `new`.
find_roles() {
  local server
  old='' new=''
  for server in $SERVERS; do
    if is_up "$server"; then old+=$server; else new+=$server; fi
  done
  case " $SERVERS " in *" $old "*) ;; *) old='' ;; esac
  [ -n "$old" ] && [ -n "$new" ]
}

migrate_up() {
  local output
  output=$(migrate "$new" up) || { log "the migration failed: $output"; return 1; }
  migrations=$(grep -c '^up [0-9]' <<<"$output")
  log "$migrations migrations applied; $old goes on"
}

migrate_down() {
  local left=$migrations
  for (( ; left > 0; left--)); do
    migrate "$new" down || { log "migrate down failed; $left of $migrations are left"; exit 3; }
  done
}

# share PERCENT: of the requests, for the new one. The old one keeps some, so that HAProxy can fail over by itself.
share() {
  local weight=$((maxWeight * $1 / 100))
  [ "$weight" -ge 1 ] || weight=1
  local rest=$((maxWeight - weight))
  [ "$rest" -ge 1 ] || rest=1
  haproxy_set "$new" weight "$weight" && haproxy_set "$old" weight "$rest"
}

# As haproxy.cfg has it: whichever instance is started later gets its share.
even_weights() { haproxy_set "$old" weight 100% && haproxy_set "$new" weight 100%; }

# Prints the new one's number of responses and of errors, and its status.
counts() {
  server_stats "$new" hrsp_1xx hrsp_2xx hrsp_3xx hrsp_4xx hrsp_5xx econ eresp status |
    awk '{ print $1 + $2 + $3 + $4 + $5, $5 + $6 + $7, $8 }'
}

# Watches the new one for WATCH_SECONDS. Fails as soon as it is bad.
watch_new() {
  local deadline=$(($(now_ms) + WATCH_SECONDS * 1000)) responses errors status first_responses first_errors
  read -r first_responses first_errors status < <(counts)
  while [ "$(now_ms)" -lt "$deadline" ]; do
    read -r responses errors status < <(counts) || { log "HAProxy does not answer"; return 1; }
    responses=$((responses - first_responses)) errors=$((errors - first_errors))
    case $status in UP*) ;; *) log "$new is $status"; return 1 ;; esac
    if [ "$responses" -ge "$MIN_RESPONSES" ] && [ $((errors * 100)) -gt $((responses * MAX_ERROR_PERCENT)) ]; then
      log "$new: $errors errors in $responses responses"
      return 1
    fi
    sleep "$pollSeconds"
  done
  log "$new: $errors errors in $responses responses"
}

# Takes the new one out again; the old one has never stopped.
roll_back() {
  local begin
  begin=$(now_ms)
  haproxy_set "$old" state ready && even_weights || exit 3
  drain "$new"
  log "back on $old after $(($(now_ms) - begin)) ms"
  take_out "$new" || exit 3
  migrate_down
  log "rolled back after $(($(now_ms) - begin)) ms, $migrations migrations undone"
  exit 1
}

# HAProxy takes some checks to see that an instance was stopped.
within 10 find_roles || { log "one of $SERVERS has to serve, and the other one to be stopped"; exit 2; }
log "$old serves, $new gets the new release"
haproxy_set "$new" state maint || exit 2
migrate_up || exit 2
start "$new" && within "$READY_SECONDS" is_ready "$new" || { log "$new is not ready"; roll_back; }
share 0 && put_in "$new" || roll_back
for percent in $SHARES; do
  share "$percent" && log "$new gets $percent %" && watch_new || roll_back
done
even_weights && drain "$old" && take_out "$old" || { log "$old could not be stopped; $new serves"; exit 3; }
log "$new serves"
