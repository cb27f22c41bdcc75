/** Starts Swagger UI on our document. Nothing is stored: a token is lost when the page is closed. */
const isDark = matchMedia('(prefers-color-scheme: dark)');
const applyScheme = () => document.documentElement.classList.toggle('dark-mode', isDark.matches);
isDark.addEventListener('change', applyScheme);
applyScheme();

const ui = globalThis.SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#reference',
  deepLinking: true,
  defaultModelsExpandDepth: -1,
  defaultModelExpandDepth: 4,
  displayRequestDuration: true,
  docExpansion: 'list',
  persistAuthorization: false,
  tryItOutEnabled: true,
  validatorUrl: null,
  responseInterceptor: takeToken,
});

/** A successful sign-in in the reference authorizes the other calls of the page. */
function takeToken(response) {
  const path = new URL(response.url, location.href).pathname;
  if (!response.ok || !path.startsWith('/api/v1/auth/')) return response;
  if (path.endsWith('/logout')) ui.authActions.logout(['bearer']);
  const { data } = response.body ?? {};
  const token = (data?.tokens ?? data)?.accessToken;
  if (token) ui.preauthorizeApiKey('bearer', token);
  return response;
}

/** A click in the list opens the operation. */
const contents = document.querySelector('.contents');
contents.addEventListener('click', (event) => {
  const link = event.target.closest('a');
  if (link === null) return;
  event.preventDefault();
  const [, tag, operation] = link.getAttribute('href').split('/').map(decodeURIComponent);
  history.replaceState(null, '', link.hash);
  contents.querySelector('[aria-current]')?.removeAttribute('aria-current');
  link.setAttribute('aria-current', 'true');
  ui.layoutActions.show(['operations-tag', tag], true);
  ui.layoutActions.show(['operations', tag, operation], true);
  // Swagger UI escapes these characters in ids. The operation must be drawn before it can be scrolled to.
  const id = `operations-${tag.replaceAll(' ', '_')}-${operation.replaceAll('.', '\\.')}`;
  setTimeout(() => document.getElementById(id)?.scrollIntoView({ block: 'start' }), 60);
});
