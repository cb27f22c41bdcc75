/** Starts Swagger UI on our document. Nothing is kept: a token that was pasted or given lasts as long as the page. */
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

/** Whoever signs in by trying it is signed in on this page, too. */
function takeToken(response) {
  const path = new URL(response.url, location.href).pathname;
  if (!response.ok || !path.startsWith('/api/v1/auth/')) return response;
  if (path.endsWith('/logout')) ui.authActions.logout(['bearer']);
  const { data } = response.body ?? {};
  const token = (data?.tokens ?? data)?.accessToken;
  if (token) ui.preauthorizeApiKey('bearer', token);
  return response;
}

/** The list beside the reference opens what it names. */
const contents = document.querySelector('.contents');
contents.addEventListener('click', (event) => {
  const link = event.target.closest('a');
  if (link === null) return;
  event.preventDefault();
  const [, tag, operation] = link.getAttribute('href').split('/');
  history.replaceState(null, '', link.hash);
  contents.querySelector('[aria-current]')?.removeAttribute('aria-current');
  link.setAttribute('aria-current', 'true');
  ui.layoutActions.show(['operations-tag', tag], true);
  ui.layoutActions.show(['operations', tag, operation], true);
  // Swagger UI puts a backslash before the dot; and it has to be drawn open first.
  const id = `operations-${tag}-${operation.replaceAll('.', '\\.')}`;
  setTimeout(() => document.getElementById(id)?.scrollIntoView({ block: 'start' }), 60);
});
