# Settings of rolling-restart.sh and blue-green.sh: a copy of this file, with the commands of your machine. The names of
# the instances are those of the servers in haproxy.cfg. Each instance has a directory and a unit of its own.

SOCKET=/run/haproxy/duly.sock
BACKEND=duly
SERVERS="blue green"

url() { case $1 in blue) echo http://127.0.0.1:8001 ;; green) echo http://127.0.0.1:8002 ;; esac; }
start() { systemctl start "duly-$1"; }
# Returns after the instance has ended.
stop() { systemctl stop "duly-$1"; }
# $2 is up or down. Prints what `npm run migrate` prints.
migrate() { (cd "/opt/duly-$1" && sudo -H -u duly npm run migrate -- "$2"); }

# How long requests and streams may take to end before an instance is stopped, and how long a start may take.
DRAIN_SECONDS=10
READY_SECONDS=60
# blue-green.sh: shares of the requests that the new release gets, in steps of so many seconds, and the share of 5xx
# responses among at least so many that makes it go back.
SHARES="5 50 100"
WATCH_SECONDS=60
MAX_ERROR_PERCENT=1
MIN_RESPONSES=20
