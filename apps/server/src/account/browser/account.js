/**
 * The script of the account pages. It removes the token from the URL at once, so that it is not kept in the history. It
 * sends the token only when the user presses the button.
 */
const forms = [...document.forms];
const problem = document.getElementById('problem');
const status = document.getElementById('status');
const heading = document.querySelector('h1');
/** The form for users without a valid link. Most pages have none. */
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
// Opening a link of another mail in this tab changes only the fragment.
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
    say('The link is incomplete. Open it from the email again, or copy the whole link.', '');
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
  // Not `disabled`: that would move the focus away from the button.
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
    say('The server cannot be reached. Check your connection and try again.', '');
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
    say(`This link has expired or was already used. ${form.dataset.used}`, '');
    heading.focus();
    return;
  }
  if (code === 'TOO_MANY_REQUESTS' || code === 'BUSY') {
    say(`Too many attempts. Try again ${inWords(retryAfter)}.`, '');
    return;
  }
  const unplaced = errors.filter(({ path, message }) => !fault(form.elements.namedItem(path), message));
  form.querySelector('[aria-invalid]')?.focus();
  if (errors.length === 0 || unplaced.length > 0) say(detail ?? 'Something went wrong. Try again later.', '');
}

function inWords(seconds) {
  if (!(seconds > 90)) return seconds > 1 ? `in ${seconds} seconds` : 'in a moment';
  return `in ${Math.ceil(seconds / 60)} minutes`;
}

/** Client-side validation. The browser's own messages disappear, and few screen readers announce them. */
function isComplete(form) {
  const { elements } = form;
  const [password, repeated, email] = ['newPassword', 'repeated', 'email'].map((name) => elements.namedItem(name));
  if (email?.validity.valid === false) fault(email, 'is not complete: an example is ada@example.com');
  if (password?.value === '') fault(password, 'must not be empty');
  else if (repeated != null && password.value !== repeated.value)
    fault(repeated, 'is not the same as the password above');
  const wrong = form.querySelector('[aria-invalid]');
  wrong?.focus();
  return wrong === null;
}

const called = { newPassword: 'The password', repeated: 'The repeated password', email: 'The email address' };

/** Shows an error next to its field. False if there is no such field. */
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
