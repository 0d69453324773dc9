// The console: asks the API what the pasted token opens and shows it. Everything that comes from outside is put on the
// page as text, never as markup, and the token is in a variable and nowhere else.

const SHOWN_SESSIONS = 20;
const SESSION_FIELDS = ['created_at', 'campaign_name', 'agent_name', 'status'];
// Days to look back for the last sessions: the first span that holds enough of them ends the search.
const SPANS = [1, 7, 28];
const MAX_PAGES = 10;

const $ = (id) => document.getElementById(id);
const state = { english: false, token: '', account: '', me: null, settings: null, tokens: null, sessions: null };

const say = (portuguese, english) => (state.english ? english : portuguese);

// --- The API ---------------------------------------------------------------------------------------------------

// An answer that is not a success, in words for people.
class Refusal extends Error {}

async function call(method, path, body) {
  const url = new URL(path, document.baseURI);
  if (state.account && !path.startsWith('v1/me')) url.searchParams.set('account', state.account);
  const headers = { Authorization: `Bearer ${state.token}` };
  if (body) headers['Content-Type'] = 'application/json';
  let answer;
  try {
    answer = await fetch(url, { method, headers, body: body && JSON.stringify(body), credentials: 'omit' });
  } catch {
    throw new Refusal(say('O servidor não respondeu. Tente de novo.', 'The server did not answer. Try again.'));
  }
  if (answer.status === 204) return null;
  const json = await answer.json().catch(() => null);
  if (answer.ok && json) return json;
  const detail = json?.detail ?? `HTTP ${answer.status}`;
  const id = json?.request_id ? ` (${say('código do pedido', 'request id')}: ${json.request_id})` : '';
  throw new Refusal(say('O servidor recusou: ', 'The server refused: ') + detail + id);
}

function sessionsRequest(days) {
  const zone = state.settings?.timezone ?? 'America/Sao_Paulo';
  // The Swedish format of a day is the ISO one.
  const day = (back) => new Date(Date.now() - back * 86400000).toLocaleDateString('sv-SE', { timeZone: zone });
  return {
    configParams: { report_type: 'sessions', date_field: 'created_at' },
    dateRange: { startDate: day(days - 1), endDate: day(0) },
    fields: SESSION_FIELDS.map((name) => ({ name })),
  };
}

// Rows come in the order of their creation, so the last ones are on the last page.
async function lastSessions() {
  let rows = [];
  for (const days of SPANS) {
    const request = sessionsRequest(days);
    rows = [];
    for (let page = 0, cursor = null; page === 0 || (cursor && page < MAX_PAGES); page += 1) {
      const answer = await call('POST', 'v1/data', { ...request, ...(cursor && { cursor }) });
      rows = rows.concat(answer.rows).slice(-SHOWN_SESSIONS);
      cursor = answer.nextCursor;
    }
    if (rows.length >= SHOWN_SESSIONS) break;
  }
  return rows.reverse().map((row) => row.values);
}

// --- What is shown ---------------------------------------------------------------------------------------------

function element(name, text, children = []) {
  const made = document.createElement(name);
  if (text !== null) made.textContent = text;
  made.append(...children);
  return made;
}

const none = '—';
const locale = () => (state.english ? 'en-GB' : 'pt-BR');
const time = (text) => (text ? new Date(text).toLocaleString(locale(), { dateStyle: 'short', timeStyle: 'short' }) : none);
const day = (text) => (text ? new Date(`${text}T12:00:00Z`).toLocaleDateString(locale(), { timeZone: 'UTC' }) : none);

// 20261003140522 as a day and a time.
function second(text) {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text ?? '');
  return parts ? `${day(parts.slice(1, 4).join('-'))} ${parts.slice(4, 7).join(':')}` : text || none;
}

function fillList(list, pairs) {
  list.replaceChildren(...pairs.flatMap(([name, value]) => [element('dt', name), element('dd', value)]));
}

function table(heads, rows, empty) {
  if (rows.length === 0) return element('p', empty);
  const head = element('tr', null, heads.map((text) => {
    const cell = element('th', text);
    cell.scope = 'col';
    return cell;
  }));
  const cells = (row) => row.map((cell) => (cell instanceof Node ? element('td', null, [cell]) : element('td', cell)));
  const body = rows.map((row) => element('tr', null, cells(row)));
  return element('table', null, [element('thead', null, [head]), element('tbody', null, body)]);
}

function showMe() {
  $('me-section').hidden = !state.me;
  if (!state.me) return;
  fillList($('me'), [
    [say('Conta', 'Account'), state.me.account ?? say('todas (operador)', 'all (operator)')],
    [say('Escopo', 'Scope'), state.me.scope],
    [say('Privacidade', 'Privacy'), state.me.privacy],
    [say('Vale até', 'Valid until'), time(state.me.expires_at)],
    [say('Início dos dados', 'Data starts on'), day(state.me.starts_on)],
  ]);
}

function showSettings() {
  $('settings-section').hidden = !state.settings;
  if (!state.settings) return;
  const { account, timezone, starts_on, retention_days, confidential } = state.settings;
  fillList($('settings'), [
    [say('Conta', 'Account'), account],
    [say('Fuso horário', 'Time zone'), timezone],
    [say('Início dos dados', 'Data starts on'), day(starts_on)],
    [say('Guarda (dias)', 'Kept for (days)'), String(retention_days)],
    [say('Campos confidenciais', 'Confidential fields'), confidential.join(', ') || none],
  ]);
}

function showTokens() {
  $('tokens-section').hidden = !state.tokens;
  if (!state.tokens) return;
  const heads = state.english
    ? ['Name', 'Scope', 'Created', 'Valid until', 'Last used', 'Revocation']
    : ['Nome', 'Escopo', 'Criado', 'Vale até', 'Último uso', 'Revogação'];
  const rows = state.tokens.map((token) => [
    token.label || token.id.slice(0, 8), token.scope, time(token.created_at), time(token.expires_at),
    day(token.last_used_on), token.revoked_at ? time(token.revoked_at) : revokeButton(token),
  ]);
  $('tokens').replaceChildren(table(heads, rows, say('Nenhum token ainda.', 'No token yet.')));
}

function revokeButton(token) {
  const button = element('button', say('Revogar', 'Revoke'));
  button.type = 'button';
  button.className = 'quiet';
  const name = token.label || token.id.slice(0, 8);
  button.setAttribute('aria-label', `${button.textContent} ${name}`);
  const question = say(`Revogar "${name}"? Os relatórios que o usam param em até um minuto.`,
    `Revoke "${name}"? Reports that use it stop within a minute.`);
  button.addEventListener('click', () => confirm(question) && run(button, async () => {
    await call('DELETE', `v1/tokens/${encodeURIComponent(token.id)}`);
    await loadTokens();
  }));
  return button;
}

function showSessions() {
  $('sessions-section').hidden = !state.sessions;
  if (!state.sessions) return;
  $('sessions-note').textContent = say(
    `Até ${SHOWN_SESSIONS}, as mais novas primeiro, dos últimos 28 dias, no fuso da conta.`,
    `Up to ${SHOWN_SESSIONS}, newest first, of the last 28 days, in the account's time zone.`);
  const heads = state.english ? ['Created', 'Campaign', 'Agent', 'Status'] : ['Criada', 'Campanha', 'Agente', 'Status'];
  const rows = state.sessions.map(([created, ...rest]) => [second(created), ...rest.map((text) => text ?? none)]);
  const empty = say('Nenhuma sessão nos últimos 28 dias.', 'No session in the last 28 days.');
  $('sessions').replaceChildren(table(heads, rows, empty));
  const url = new URL('v1/data', document.baseURI);
  if (state.account) url.searchParams.set('account', state.account);
  const body = JSON.stringify(sessionsRequest(28));
  $('curl').textContent = [
    `curl -sS '${url}'`,
    '-H "Authorization: Bearer $PREMIUM_TOKEN"',
    "-H 'Content-Type: application/json'",
    `-d '${body}'`,
  ].join(' \\\n  ');
}

function show() {
  showMe();
  showSettings();
  showTokens();
  showSessions();
  $('forget').hidden = !state.me;
}

// --- What people do --------------------------------------------------------------------------------------------

// Runs one action of a button: no second click meanwhile, and a refusal is said.
async function run(button, action) {
  $('message').textContent = '';
  button.disabled = true;
  try {
    await action();
  } catch (error) {
    if (!(error instanceof Refusal)) console.error(error);
    $('message').textContent = error instanceof Refusal ? error.message : say('Falha inesperada.', 'Unexpected failure.');
  } finally {
    button.disabled = false;
  }
}

async function loadTokens() {
  state.tokens = (await call('GET', 'v1/tokens')).tokens;
  showTokens();
}

function forget() {
  Object.assign(state, { token: '', account: '', me: null, settings: null, tokens: null, sessions: null });
  hideIssued();
  show();
}

function hideIssued() {
  $('issued').hidden = true;
  $('issued-token').textContent = '';
}

async function open() {
  const [token, account] = [$('token').value.trim(), $('account').value.trim()];
  forget();
  state.token = token;
  state.me = await call('GET', 'v1/me');
  $('token').value = '';
  const operator = state.me.scope === 'admin';
  state.account = operator ? account : '';
  show();
  $('me-title').focus();
  if (operator && !account) {
    throw new Refusal(say('Um token de administrador precisa do nome da conta.', 'An admin token needs the account.'));
  }
  if (operator || state.me.scope === 'console') {
    state.settings = await call('GET', 'v1/account');
    showSettings();
    await loadTokens();
  }
  if (state.me.scope !== 'ingest') {
    state.sessions = await lastSessions();
    showSessions();
  }
}

async function issue() {
  const label = $('label').value.trim();
  const issued = await call('POST', 'v1/tokens', { scope: 'report', ...(label && { label }) });
  $('issued-token').textContent = issued.token;
  $('issued').hidden = false;
  $('issued-token').focus();
  $('label').value = '';
  await loadTokens();
}

async function copy(button) {
  const source = $(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent);
    button.textContent = say('Copiado', 'Copied');
  } catch {
    // Without https there is no clipboard: the text is selected for the keyboard.
    getSelection().selectAllChildren(source);
    source.focus();
  }
}

// The page is written in Portuguese; the English words stand beside them.
function translate() {
  document.documentElement.lang = state.english ? 'en' : 'pt-BR';
  for (const part of document.querySelectorAll('[data-en]')) {
    part.dataset.pt ??= part.textContent;
    part.textContent = state.english ? part.dataset.en : part.dataset.pt;
  }
  $('language').textContent = state.english ? 'Português' : 'English';
  $('language').lang = state.english ? 'pt-BR' : 'en';
}

async function health() {
  const pill = $('health');
  const answer = await fetch(new URL('healthz', document.baseURI)).then((it) => it.json()).catch(() => null);
  const good = answer?.status === 'ok';
  pill.classList.add(good ? 'good' : 'bad');
  pill.dataset.pt = good ? `No ar, versão ${answer.version}` : 'Fora do ar';
  pill.dataset.en = good ? `Up, version ${answer.version}` : 'Down';
  translate();
}

function onSubmit(form, action) {
  $(form).addEventListener('submit', (event) => {
    event.preventDefault();
    run(event.submitter ?? $(form).querySelector('button'), action);
  });
}

onSubmit('open', open);
onSubmit('issue', issue);
$('forget').addEventListener('click', () => { forget(); $('token').focus(); });
$('hide').addEventListener('click', hideIssued);
for (const button of document.querySelectorAll('[data-copy]')) button.addEventListener('click', () => copy(button));
$('language').addEventListener('click', () => { state.english = !state.english; translate(); show(); });
translate();
health();
