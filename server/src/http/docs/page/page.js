// Runs between Swagger UI's bundle and its start: a plugin with the "Start here" panel, and repairs for accessibility.
const storageKey = 'duly.token';
const bundle = window.SwaggerUIBundle;
const byId = (id) => document.getElementById(id);
let system;

const dark = matchMedia('(prefers-color-scheme: dark)');
const applyScheme = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', applyScheme);
applyScheme();

/** The `sub` of a JWT (RFC 7519 §4.1.2), or an empty string when the text is no JWT. */
function userIdOf(token) {
  try {
    const payload = atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/'));
    const { sub } = JSON.parse(new TextDecoder().decode(Uint8Array.from(payload, (c) => c.charCodeAt(0))));
    return typeof sub === 'string' ? sub : '';
  } catch {
    return '';
  }
}

/** The same as the Authorize dialog does; `preauthorizeApiKey` would go round this page's plugin. */
function authorize(token) {
  const schema = system.specSelectors.specJson().getIn(['components', 'securitySchemes', 'bearer']).toJS();
  system.authActions.authorize({ bearer: { name: 'bearer', schema, value: token } });
}

/** Not for administrators' operations: those act on other users, by ban or by role. */
function fillUserIds(userId) {
  const paths = system.specSelectors.specJson().get('paths');
  paths.forEach((operations, path) => {
    if (path.startsWith('/api/v1/admin/')) return;
    operations.forEach((operation, method) => {
      const parameter = operation.get?.('parameters')?.find((p) => p.get('name') === 'user_id');
      if (parameter) system.specActions.changeParamByIdentity([path, method], parameter, userId);
    });
  });
}

/** Called for every change of the token: from the panel, from the Authorize dialog and after a reload. */
function tokenChanged(token) {
  const userId = userIdOf(token);
  if (token === '') sessionStorage.removeItem(storageKey);
  else sessionStorage.setItem(storageKey, token);
  fillUserIds(userId);
  byId('start-form').hidden = token !== '';
  byId('start-account').hidden = token === '';
  byId('start-user').textContent = userId || 'unknown (the token is not a JWT)';
  byId('start-token').value = token;
}

function say(id, text) {
  for (const line of ['start-error', 'start-status']) byId(line).textContent = line === id ? text : '';
}

async function post(path, headers, body) {
  try {
    const response = await fetch(`/api/v1/auth/${path}`, { method: 'POST', headers, body });
    const text = await response.text();
    const answer = text === '' ? {} : JSON.parse(text);
    if (response.ok) return { answer };
    return { error: answer.detail ?? `Status ${response.status}` };
  } catch {
    return { error: 'The server did not answer. Is it running?' };
  }
}

const isRegistering = () => byId('start-register').checked;

function showFields() {
  for (const label of document.querySelectorAll('#start-form [data-for]')) {
    label.hidden = (label.dataset.for === 'register') !== isRegistering();
  }
  byId('start-password').autocomplete = isRegistering() ? 'new-password' : 'current-password';
  byId('start-submit').textContent = isRegistering() ? 'Register' : 'Log in';
}

async function submit(event) {
  event.preventDefault();
  const path = isRegistering() ? 'register' : 'login';
  const fields = [...event.target.querySelectorAll('input:not([type=radio])')].filter(
    (input) => !input.closest('[hidden]') && (input.name !== 'totp_code' || input.value !== ''),
  );
  const body = JSON.stringify(Object.fromEntries(fields.map(({ name, value }) => [name, value])));
  byId('start-submit').disabled = true;
  const { answer, error } = await post(path, { 'content-type': 'application/json' }, body);
  byId('start-submit').disabled = false;
  if (error !== undefined) return say('start-error', error);
  byId('start-form').reset();
  showFields();
  authorize(answer.access_token);
  say('start-status', 'Signed in. Requests on this page now send the token.');
  byId('start-logout').focus();
}

async function logOut() {
  const token = byId('start-token').value;
  const { error } = await post('logout', { authorization: `Bearer ${token}` });
  system.authActions.logout(['bearer']);
  const refused = `The token is forgotten here, but the server did not end the session: ${error}`;
  if (error === undefined) say('start-status', 'Logged out. The token is forgotten.');
  else say('start-error', refused);
  byId('start-register').focus();
}

/** The server decides which token is good: the clock of the browser may be wrong. */
function forgetRefused(status, answer) {
  if (status !== 401 || answer?.error_code !== 'UNAUTHORIZED') return;
  if (sessionStorage.getItem(storageKey) === null) return;
  system.authActions.logout(['bearer']);
  say(
    'start-error',
    `The server refused the token, so it is forgotten here. Log in again. (${answer.detail})`,
  );
}

async function restore() {
  const token = sessionStorage.getItem(storageKey);
  if (token === null) return;
  authorize(token);
  try {
    const response = await fetch('/api/v1/users/me', { headers: { authorization: `Bearer ${token}` } });
    const answer = await response.json();
    if (sessionStorage.getItem(storageKey) === token) forgetRefused(response.status, answer);
  } catch {
    // Without an answer the token may still be good.
  }
}

function mountPanel(host) {
  if (host === null || host.firstChild !== null) return;
  host.append(byId('start-template').content.cloneNode(true));
  byId('start-form').addEventListener('submit', submit);
  byId('start-form').addEventListener('change', showFields);
  byId('start-logout').addEventListener('click', logOut);
  byId('start-copy').addEventListener('click', async () => {
    byId('start-token').select();
    await navigator.clipboard?.writeText(byId('start-token').value);
    say('start-status', 'Token copied.');
  });
  showFields();
}

function dulyPlugin({ React }) {
  const h = React.createElement;
  const follow = (original, token) => (payload) => {
    const result = original(payload);
    const value = token(payload);
    if (value !== undefined) tokenChanged(value);
    return result;
  };
  return {
    components: {
      // The original is a link inside the button that opens the operation, out of reach for a keyboard.
      DeepLink: ({ text }) => h('span', null, text),
    },
    wrapComponents: {
      InfoContainer: (Original) => (props) =>
        h(React.Fragment, null, h(Original, props), h('div', { ref: mountPanel })),
    },
    statePlugins: {
      auth: {
        wrapActions: {
          authorize: (original) => follow(original, ({ bearer }) => bearer?.value),
          logout: (original) => follow(original, (names) => (names.includes('bearer') ? '' : undefined)),
        },
      },
    },
  };
}

window.SwaggerUIBundle = Object.assign((config) => {
  const responseInterceptor = (response) => {
    forgetRefused(response.status, response.body);
    return response;
  };
  const plugins = [...config.plugins, dulyPlugin];
  // Its own idea of the document's address includes the page's query.
  system = bundle({ ...config, url: '/openapi.json', onComplete: restore, responseInterceptor, plugins });
  return system;
}, bundle);

// Swagger UI reads the address only once, at its start.
addEventListener('hashchange', () => {
  try {
    system.layoutActions.parseDeepLinkHash(decodeURIComponent(location.hash));
  } catch (error) {
    // No link of this page's.
    if (!(error instanceof URIError)) throw error;
  }
});

/** Names for the page's form controls, and a way for the keyboard into what scrolls: Swagger UI gives neither. */
function repair() {
  for (const row of document.querySelectorAll('tr[data-param-name]')) {
    for (const control of row.querySelectorAll('select, input, textarea'))
      control.ariaLabel = row.dataset.paramName;
  }
  for (const servers of document.querySelectorAll('#servers')) servers.ariaLabel = 'Server';
  for (const body of document.querySelectorAll('textarea.body-param__text')) body.ariaLabel = 'Request body';
  for (const text of document.querySelectorAll('.swagger-ui pre')) text.tabIndex = 0;
  for (const button of document.querySelectorAll('.modal-btn[aria-label]'))
    button.removeAttribute('aria-label');
  const dialog = document.querySelector('.modal-ux');
  if (dialog === null || dialog.role === 'dialog') return;
  dialog.role = 'dialog';
  dialog.ariaModal = 'true';
  dialog.ariaLabel = 'Authorize';
  const close = dialog.querySelector('.close-modal');
  close.ariaLabel = 'Close';
  dialog.addEventListener('keydown', ({ key }) => key === 'Escape' && close.click());
  dialog.querySelector('input, button:not(.close-modal)')?.focus();
}
new MutationObserver(repair).observe(document.body, { childList: true, subtree: true });
