/// Makes each commit durable. All writes go through one connection, so the setting holds for all of them.
onBootstrap((event) => {
  event.next();
  event.app.nonconcurrentDB().newQuery('pragma synchronous = full').execute();
});

/// The setting of that connection, read back: 2 is FULL.
routerAdd('GET', '/synchronous', (event) => {
  const row = new DynamicModel({ synchronous: -1 });
  event.app.nonconcurrentDB().newQuery('pragma synchronous').one(row);
  return event.json(200, row);
});
