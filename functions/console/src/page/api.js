// The requests. What signs them is kept by the browser, out of reach of scripts; a header says that this page sends them.

import { chosenAccount } from './route.js';
import { say } from './text.js';

// What the session may do (`me`) and the settings of its account.
export const who = { me: null, account: null };

export const isOperator = () => who.me?.scope === 'admin';

// The account that the page shows. Every request names it, so that none reaches another when the session has changed.
export const shownAccount = () => chosenAccount() || who.me?.account;

// How far the server's clock is ahead of the browser's, in milliseconds.
let ahead = 0;
export const serverNow = () => Date.now() + ahead;

// An answer that is not a success: what it means, the server's reason, and whether loading the page again helps.
export class Refusal extends Error {
  constructor(message, status = 0, problem = {}, reload = false) {
    super(message);
    this.status = status;
    this.detail = problem.detail;
    this.requestId = problem.request_id;
    this.errors = problem.errors ?? [];
    this.retryAfter = problem.retryAfter;
    this.reload = reload;
  }
}

function meaning(status) {
  if (status >= 500) return say('O servidor falhou. Tente de novo daqui a pouco.', 'The server failed. Try again in a moment.');
  const known = {
    403: () => say('Você não tem permissão para isto.', 'You are not allowed to do this.'),
    404: () => say('Não foi encontrado: talvez já tenha sido removido.', 'It was not found: it may have been removed.'),
    409: () => say('Alguém mudou isto ao mesmo tempo. Recarregue a página.', 'Somebody changed this meanwhile. Reload the page.'),
    413: () => say('É grande demais. Escolha um período menor ou envie menos.', 'It is too large. Choose a shorter period or send less.'),
    429: () => say('Pedidos demais. Espere um pouco e tente de novo.', 'Too many requests. Wait a little and try again.'),
  };
  const other = () => say('O servidor não aceitou o pedido. Corrija e tente de novo.',
    'The server did not accept this. Correct it and try again.');
  return (known[status] ?? other)();
}

const badToken = (problem) => new Refusal(
  say('Este token não vale: está errado, vencido ou revogado.', 'This token is not valid: it is wrong, expired or revoked.'),
  401, { request_id: problem.request_id });
const ended = (problem) => new Refusal(
  say('Sua sessão terminou: abra o console de novo pela plataforma, ou entre com um token.',
    'Your session has ended: open the console from the platform again, or sign in with a token.'),
  401, { request_id: problem.request_id }, true);

// Whether the browser's session has become another's, as when another tab signs in.
async function changed() {
  const now = who.me && await call('GET', 'v1/me').catch(() => null);
  return now && (now.account !== who.me.account || now.scope !== who.me.scope);
}

async function refusal(answer, token) {
  const problem = await answer.json().catch(() => ({}));
  problem.retryAfter = Number(answer.headers.get('Retry-After')) || undefined;
  if (answer.status === 401) return token ? badToken(problem) : ended(problem);
  if (answer.status === 403 && !token && await changed()) {
    return new Refusal(say('A sessão deste navegador mudou para outra conta. Recarregue a página para continuar nela.',
      'The session of this browser has changed to another account. Reload the page to go on there.'),
    403, { request_id: problem.request_id }, true);
  }
  return new Refusal(meaning(answer.status), answer.status, problem);
}

async function send(method, path, { query = {}, body, token } = {}) {
  const url = new URL(path, document.baseURI);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  if (shownAccount() && !/^v1\/(me|settings|console)/.test(path)) url.searchParams.set('account', shownAccount());
  const headers = { 'X-Premium-Console': '1', 'Accept-Language': say('pt-BR', 'en') };
  // What cannot stand in a header is no token.
  if (token && !/^[!-~]+$/.test(token)) throw badToken({});
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  let answer;
  try {
    answer = await fetch(url, { method, headers, body: body && JSON.stringify(body), credentials: 'same-origin' });
  } catch {
    throw new Refusal(say('O servidor não respondeu. Tente de novo.', 'The server did not answer. Try again.'));
  }
  if (!answer.ok) throw await refusal(answer, token);
  const date = Date.parse(answer.headers.get('Date'));
  if (path === 'v1/me' && date) ahead = date - Date.now();
  return answer;
}

// One request, its JSON answered; null where there is none.
export async function call(method, path, options) {
  const answer = await send(method, path, options);
  return answer.status === 204 ? null : answer.json();
}

export const whoIs = (token) => call('GET', 'v1/me', { token });
export const signIn = (token) => call('POST', 'v1/console/session', { token });
export const signOut = () => call('DELETE', 'v1/console/session');

// A filter as Data Studio writes it. Without a value it keeps the rows where the field is empty.
export const filter = (fieldName, value, operator = 'EQUALS') => (value === null || value === ''
  ? { fieldName, operator: 'IS_NULL', type: 'INCLUDE', values: [] }
  : { fieldName, operator, type: 'INCLUDE', values: [value] });

// Which rows, as `v1/data` takes them. `filters` is a list of lists: all of the outer, any of the inner.
export const rowsOf = (reportType, fields, { period, filters = [], refresh } = {}) => ({
  configParams: { report_type: reportType },
  fields: fields.map((name) => ({ name })),
  ...(period && { dateRange: { startDate: period.from, endDate: period.to } }),
  ...(filters.length > 0 && { dimensionsFilters: filters }),
  ...(refresh && { scriptParams: { lastRefresh: String(refresh) } }),
});

// One page of rows, each an object by field.
export async function page(reportType, fields, { cursor, limit, ...wanted } = {}) {
  const request = { ...rowsOf(reportType, fields, wanted), ...(cursor && { cursor }), ...(limit && { limit }) };
  const answer = await call('POST', 'v1/data', { body: request });
  if (!answer.filtersApplied) {
    throw new Refusal(say('O servidor não soube aplicar este filtro.', 'The server could not apply this filter.'));
  }
  const names = answer.schema.map((field) => field.name);
  const rows = answer.rows.map(({ values }) => Object.fromEntries(names.map((name, index) => [name, values[index]])));
  return { rows, next: answer.nextCursor, total: answer.totalRows, asOf: answer.dataAsOf };
}

// All pages of rows.
export async function all(reportType, fields, options = {}) {
  const found = { rows: [], asOf: null };
  let cursor = null;
  do {
    const { rows, next, asOf } = await page(reportType, fields, { ...options, cursor });
    found.rows = found.rows.concat(rows);
    found.asOf = asOf;
    cursor = next;
  } while (cursor);
  return found;
}

// One page of a file, and the cursor that leads to the next.
async function filePage(path, options) {
  const answer = await send('POST', path, options);
  const next = /<([^>]*)>; *rel="next"/.exec(answer.headers.get('Link') ?? '')?.[1];
  const cursor = next && new URL(next, document.baseURI).searchParams.get('cursor');
  return { bytes: new Uint8Array(await answer.arrayBuffer()), cursor };
}

// A file of rows: what is asked for as `POST v1/data`, and how it is written.
export const exported = (body, query) => filePage('v1/export', { body, query });

// A file of all that is kept of a person.
export const personExported = (person, query) => filePage(`v1/people/${encodeURIComponent(person)}/export`, { query });

const MORE_ATTEMPTS = 3;
const USUAL_PAUSE = 2;
export const pause = (seconds) => new Promise((over) => setTimeout(over, seconds * 1000));

// Asks again, a few times, where what was refused may succeed in a moment: the server says when.
export async function patiently(ask) {
  for (let left = MORE_ATTEMPTS; ; left -= 1) {
    try {
      return await ask();
    } catch (error) {
      const passes = error instanceof Refusal && (error.status === 0 || error.status === 429 || error.status > 500);
      if (!passes || left === 0) throw error;
      await pause(error.retryAfter ?? USUAL_PAUSE);
    }
  }
}
