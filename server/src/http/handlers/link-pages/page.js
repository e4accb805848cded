// The pages of one-time links: sends the form, with the token of the address, to the route that it names.
const form = document.querySelector('form');
const button = form.querySelector('button');
const error = document.querySelector('#error');
const done = document.querySelector('#done');
const password = document.querySelector('#password');
const email = document.querySelector('#email');
const fields = [...form.querySelectorAll('input[name]')];

// The fragment is what no server and no Referer gets; it stays in the address, so that the page can be loaded again.
const fragment = () => new URLSearchParams(location.hash.slice(1));
const incomplete = 'The link is not complete: open it as you got it.';

function show() {
  const values = fragment();
  const isComplete = values.has(form.dataset.token);
  error.textContent = isComplete ? '' : incomplete;
  button.disabled = !isComplete;
  if (!values.has('email')) return;
  email.value = values.get('email');
  email.readOnly = true;
  document.querySelector('#account')?.removeAttribute('hidden');
}

const labelOf = (name) => form.querySelector(`[name="${name}"]`)?.labels[0].textContent ?? name;

function messageOf({ errors, detail }) {
  if (!Array.isArray(errors)) return detail;
  return errors.map(({ loc, msg }) => `${labelOf(loc.at(-1))}: ${msg}`).join('\n');
}

function refuse(answer) {
  error.textContent = messageOf(answer);
  const names = new Set(answer.errors?.map(({ loc }) => loc.at(-1)));
  for (const field of fields) field.setAttribute('aria-invalid', String(names.has(field.name)));
  fields.find((field) => names.has(field.name))?.focus();
}

async function send() {
  const values = Object.fromEntries(new FormData(form));
  const response = await fetch(form.dataset.to, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ [form.dataset.token]: fragment().get(form.dataset.token), ...values }),
  });
  const answer = await response.json();
  if (!response.ok) {
    refuse(answer);
    return;
  }
  // Used up: nothing of it has to stay in the history.
  history.replaceState(null, '', location.pathname);
  form.reset();
  form.hidden = true;
  done.textContent = form.dataset.done;
  done.focus();
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  error.textContent = '';
  button.disabled = true;
  try {
    await send();
  } catch {
    error.textContent = 'The server cannot be reached; try again.';
  }
  button.disabled = false;
});

document.querySelector('#show').addEventListener('change', ({ target }) => {
  password.type = target.checked ? 'text' : 'password';
});

addEventListener('hashchange', show);
show();
