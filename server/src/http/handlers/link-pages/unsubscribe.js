// The page that ends the digest: its button sends the request that mail programs send by themselves.
const form = document.querySelector('form');
const button = form.querySelector('button');
const error = document.querySelector('#error');
const done = document.querySelector('#done');

async function send() {
  const response = await fetch(location.href, { method: 'POST' });
  if (!response.ok) {
    error.textContent = (await response.json()).detail;
    return;
  }
  form.hidden = true;
  done.textContent = 'The daily mail is off. You can turn it on again in your profile.';
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
