# Starts the server once, so that the modules it loads are compiled. Then loads those of the first log-in, mail and job.
export NODE_COMPILE_CACHE=$PWD/node_modules/.cache/node HOST=127.0.0.1 PORT=18000 DATA_DIR=/tmp/duly
export DATABASE_URL=postgresql://duly@127.0.0.1:1/duly LOG_LEVEL=error
node=node_modules/node/bin/node
$node server/src/main.ts serve &
server=$!
until $node server/src/main.ts healthcheck 2>&1 | grep -q 'status 503'; do
  kill -0 "$server" || exit 1
done
kill -TERM "$server"
wait "$server"
$node --input-type=module --eval 'await Promise.all([
  import("./server/src/accounts/better-auth.ts"),
  import("./server/src/accounts/account-operations.ts"),
  import("nodemailer"),
  import("pg-boss"),
])'
