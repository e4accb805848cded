// Stores the app, so that it starts without a network. The data is in IndexedDB, and none of it comes through here.
const cacheName = `duly-${'__VERSION__'}`;
const files = ['__FILES__'];

const [textType, scriptType] = ['text/plain', 'text/javascript; charset=utf-8'];
const isScript = (url) => url.endsWith('.js');
const ofType = async (response, type) => {
  const headers = new Headers(response.headers);
  headers.set('content-type', type);
  // The body is decoded already.
  headers.delete('content-encoding');
  return new Response(await response.blob(), { headers });
};

// Chromium compiles every function of a script that a worker stores while it is installed, and each start then reads
// all of them, called or not. So scripts are stored as texts until the worker is active.
addEventListener('install', (event) => {
  const store = async () => {
    const cache = await caches.open(cacheName);
    const storeScript = async (url) => {
      const response = await fetch(url);
      if (!response.ok) throw new Error(`${url}: ${response.status}`);
      await cache.put(url, await ofType(response, textType));
    };
    await Promise.all([
      cache.addAll(files.filter((url) => !isScript(url))),
      ...files.filter(isScript).map(storeScript),
    ]);
  };
  event.waitUntil(store());
});

async function makeScripts() {
  const cache = await caches.open(cacheName);
  const make = async (url) => {
    const text = await cache.match(url, { ignoreVary: true });
    if (text !== undefined) await cache.put(url, await ofType(text, scriptType));
  };
  await Promise.all(files.filter(isScript).map(make));
}

// Only once no page of the version before is open: such a page still loads parts of that version.
addEventListener('activate', (event) => {
  const deleteOthers = async () => {
    const names = await caches.keys();
    await Promise.all(names.filter((name) => name !== cacheName).map((name) => caches.delete(name)));
  };
  event.waitUntil(Promise.all([makeScripts(), deleteOthers()]));
});

addEventListener('message', ({ data }) => {
  if (data === 'activate') skipWaiting();
});

const isPage = ({ mode }, { pathname }) =>
  mode === 'navigate' && !/^\/(?:api|docs|openapi\.json|health|metrics)(?:\/|$)/.test(pathname);

async function respond(request, key) {
  const cache = await caches.open(cacheName);
  const stored = await cache.match(key, { ignoreVary: true });
  if (stored === undefined) return fetch(request);
  // The browser ended the worker before it was active.
  return stored.headers.get('content-type') === textType ? ofType(stored, scriptType) : stored;
}

addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== location.origin) return;
  if (isPage(request, url)) event.respondWith(respond(request, '/'));
  else if (files.includes(url.pathname)) event.respondWith(respond(request, url.pathname));
});

// A reminder: what the server sent (API.md, "Deliveries"). Its id replaces the same message that came twice.
addEventListener('push', (event) => {
  const { id, task_id: taskId, title, body } = event.data.json();
  const icon = '/icons/icon-192.png';
  event.waitUntil(
    registration.showNotification(title, {
      body,
      tag: id,
      icon,
      badge: icon,
      data: { taskId: taskId ?? null },
    }),
  );
});

const urlOf = ({ taskId }) => (taskId === null ? '/today' : `/today?open=${encodeURIComponent(taskId)}`);

// Opens the task, in a window that is open if there is one.
addEventListener('notificationclick', (event) => {
  event.notification.close();
  const url = urlOf(event.notification.data);
  event.waitUntil(
    clients.matchAll({ type: 'window', includeUncontrolled: true }).then(async ([client]) => {
      if (client === undefined) return clients.openWindow(url);
      client.postMessage({ type: 'open', url });
      return client.focus();
    }),
  );
});
