/**
 * What the pages that mails lead to do. The token is taken out of the address at once, so that it stays in no history and
 * nobody reads it there; it is sent when the person presses the button, and not before.
 */
const forms = [...document.forms];
const problem = document.getElementById('problem');
const status = document.getElementById('status');
const heading = document.querySelector('h1');
/** For those who come without a link, or with one that counts no more; most pages have none. */
const asking = forms.find(({ dataset }) => dataset.call === 'request-password-reset');
let token = null;

for (const form of forms) {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void send(form);
  });
}
document.getElementById('reveal')?.addEventListener('change', ({ target }) => {
  for (const name of ['new-password', 'repeated']) {
    document.getElementById(name).type = target.checked ? 'text' : 'password';
  }
});
// Another mail's link, opened in this tab, changes nothing but what is behind the `#`.
addEventListener('hashchange', open);
open();

function open() {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given === null && token !== null) return;
  token = given;
  if (location.hash !== '') history.replaceState(null, '', location.pathname);
  const wanted = token === null ? asking : forms[0];
  say('', '');
  show(wanted);
  if (wanted === undefined && forms.length > 0)
    say('The link is not complete. Open it from the mail again, or copy all of it.', '');
}

function show(wanted) {
  for (const form of forms) form.hidden = form !== wanted;
}

function say(wrong, right) {
  problem.textContent = wrong;
  status.textContent = right;
}

async function send(form) {
  const button = form.querySelector('button');
  // Not disabled, which would take the focus away from it.
  if (button.getAttribute('aria-disabled') === 'true') return;
  say('', '');
  clearFaults(form);
  if (!isComplete(form)) return;

  button.setAttribute('aria-disabled', 'true');
  try {
    const reply = await post(form);
    if (reply.isOk) finish(form, reply.body);
    else refuse(form, reply);
  } catch {
    say('The server cannot be reached. Look whether you are online, and try again.', '');
  } finally {
    button.removeAttribute('aria-disabled');
  }
}

async function post(form) {
  const { call } = form.dataset;
  const { repeated: _, ...fields } = Object.fromEntries(new FormData(form));
  const input = form === asking ? fields : { token, ...fields };
  const response = await fetch(`/api/v1/auth/${call}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(input),
    cache: 'no-store',
    credentials: 'omit',
    referrerPolicy: 'no-referrer',
    signal: AbortSignal.timeout(20_000),
  });
  const body = await response.json();
  return { isOk: response.ok, body, retryAfter: Number(response.headers.get('retry-after')) };
}

function finish(form, { data }) {
  token = null;
  form.reset();
  form.hidden = true;
  say('', form.getAttribute(data.status === undefined ? 'data-done' : `data-done-${data.status}`) ?? 'Done.');
  heading.focus();
}

function refuse(form, { body, retryAfter }) {
  const { code, detail, errors = [] } = body;
  if (code === 'INVALID_TOKEN') {
    token = null;
    form.reset();
    show(asking);
    say(`This link has been used, or has expired. ${form.dataset.used}`, '');
    heading.focus();
    return;
  }
  if (code === 'TOO_MANY_REQUESTS' || code === 'BUSY') {
    say(`That was too often. Try again ${inWords(retryAfter)}.`, '');
    return;
  }
  const unplaced = errors.filter(({ path, message }) => !fault(form.elements.namedItem(path), message));
  form.querySelector('[aria-invalid]')?.focus();
  if (errors.length === 0 || unplaced.length > 0) say(detail ?? 'That did not work. Try again later.', '');
}

function inWords(seconds) {
  if (!(seconds > 90)) return seconds > 1 ? `in ${seconds} seconds` : 'in a moment';
  return `in ${Math.ceil(seconds / 60)} minutes`;
}

/** What can be told without asking: the browser's own bubbles vanish, and are read out by few. */
function isComplete(form) {
  const { elements } = form;
  const [password, repeated, email] = ['newPassword', 'repeated', 'email'].map((name) => elements.namedItem(name));
  if (email?.validity.valid === false) fault(email, 'is not complete: it looks like ada@example.com');
  if (password?.value === '') fault(password, 'must not be empty');
  else if (repeated != null && password.value !== repeated.value) fault(repeated, 'is not the same as the one above');
  const wrong = form.querySelector('[aria-invalid]');
  wrong?.focus();
  return wrong === null;
}

const called = { newPassword: 'The password', repeated: 'This', email: 'The address' };

/** Says beside the field what is wrong with it; false where there is no such field. */
function fault(field, message) {
  const place = field instanceof HTMLInputElement ? document.getElementById(`${field.id}-fault`) : null;
  if (place === null) return false;
  place.textContent = `${called[field.name]} ${message}.`;
  place.hidden = false;
  field.setAttribute('aria-invalid', 'true');
  return true;
}

function clearFaults(form) {
  for (const place of form.querySelectorAll('.fault')) place.hidden = true;
  for (const field of form.querySelectorAll('[aria-invalid]')) field.removeAttribute('aria-invalid');
}
