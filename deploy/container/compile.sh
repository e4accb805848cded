# Starts the server once, so that the files it loads are compiled. Those of the first log-in, mail or job are not: some of
# them import main.js, which would serve.
export NODE_COMPILE_CACHE=$PWD/node_modules/.cache/node HOST=127.0.0.1 PORT=18000 DATA_DIR=/tmp/duly
export DATABASE_URL=postgresql://duly@127.0.0.1:1/duly LOG_LEVEL=error
node=node_modules/node/bin/node
$node server/dist/main.js serve &
server=$!
until $node server/dist/main.js healthcheck 2>&1 | grep -q 'status 503'; do
  kill -0 "$server" || exit 1
done
kill -TERM "$server"
wait "$server"
