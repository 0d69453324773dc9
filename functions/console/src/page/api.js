// The requests. What signs them is kept by the browser, out of reach of scripts; a header says that this page sends them.

import { chosenAccount } from './route.js';
import { say } from './text.js';

// What the session may do (`me`) and the settings of its account.
export const who = { me: null, account: null };

export const isOperator = () => who.me?.scope === 'admin';

// An answer that is not a success, with the server's reason.
export class Refusal extends Error {
  constructor(message, status = 0, problem = {}) {
    super(message);
    this.status = status;
    this.requestId = problem.request_id;
    this.errors = problem.errors ?? [];
  }
}

async function send(method, path, { query = {}, body, token } = {}) {
  const url = new URL(path, document.baseURI);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  if (chosenAccount() && !/^v1\/(me|settings|console)/.test(path)) url.searchParams.set('account', chosenAccount());
  const headers = { 'X-Premium-Console': '1' };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  let answer;
  try {
    answer = await fetch(url, { method, headers, body: body && JSON.stringify(body), credentials: 'same-origin' });
  } catch {
    throw new Refusal(say('O servidor não respondeu. Tente de novo.', 'The server did not answer. Try again.'));
  }
  if (answer.ok) return answer;
  const problem = await answer.json().catch(() => ({}));
  throw new Refusal(problem.detail ?? `HTTP ${answer.status}`, answer.status, problem);
}

// One request, its JSON answered; null where there is none.
export async function call(method, path, options) {
  const answer = await send(method, path, options);
  return answer.status === 204 ? null : answer.json();
}

export const signIn = (token) => call('POST', 'v1/console/session', { token });
export const signOut = () => call('DELETE', 'v1/console/session');

// A filter as Data Studio writes it. Without a value it keeps the rows where the field is empty.
export const filter = (fieldName, value, operator = 'EQUALS') => (value === null || value === ''
  ? { fieldName, operator: 'IS_NULL', type: 'INCLUDE', values: [] }
  : { fieldName, operator, type: 'INCLUDE', values: [value] });

// One page of rows, each an object by field. `filters` is a list of lists: all of the outer, any of the inner.
export async function page(reportType, fields, { period, filters = [], cursor, limit, refresh } = {}) {
  const request = {
    configParams: { report_type: reportType },
    fields: fields.map((name) => ({ name })),
    ...(period && { dateRange: { startDate: period.from, endDate: period.to } }),
    ...(filters.length > 0 && { dimensionsFilters: filters }),
    ...(refresh && { scriptParams: { lastRefresh: String(refresh) } }),
    ...(cursor && { cursor }),
    ...(limit && { limit }),
  };
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

// All pages of an exported file as one: every page but the first loses its mark and its line of names.
export async function exported(query) {
  const parts = [];
  let next = null;
  do {
    const cursor = next && new URL(next, document.baseURI).searchParams.get('cursor');
    const answer = await send('GET', 'v1/export', { query: cursor ? { ...query, cursor } : query });
    const bytes = new Uint8Array(await answer.arrayBuffer());
    parts.push(parts.length === 0 ? bytes : bytes.subarray(bytes.indexOf(10) + 1));
    next = /<([^>]*)>; *rel="next"/.exec(answer.headers.get('Link') ?? '')?.[1];
  } while (next);
  return new Blob(parts, { type: 'text/csv;charset=utf-8' });
}
