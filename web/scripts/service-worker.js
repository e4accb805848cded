// Stores the app, so that it starts without a network. The data is in IndexedDB, and none of it comes through here.
const cacheName = `duly-${'__VERSION__'}`;
const files = ['__FILES__'];

addEventListener('install', (event) => {
  event.waitUntil(caches.open(cacheName).then((cache) => cache.addAll(files)));
});

// Only once no page of the version before is open: such a page still loads parts of that version.
addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) =>
        Promise.all(names.filter((name) => name !== cacheName).map((name) => caches.delete(name))),
      ),
  );
});

addEventListener('message', ({ data }) => {
  if (data === 'activate') skipWaiting();
});

const isPage = ({ mode }, { pathname }) =>
  mode === 'navigate' && !/^\/(?:api|docs|openapi\.json|health|metrics)(?:\/|$)/.test(pathname);

async function respond(request, key) {
  const cache = await caches.open(cacheName);
  return (await cache.match(key, { ignoreVary: true })) ?? fetch(request);
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
