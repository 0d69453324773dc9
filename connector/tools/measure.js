/**
 * Measures what limits.md states, on a running stack: `PREMIUM_STACK_URL`, an admin's token in
 * `PREMIUM_STACK_ADMIN`, and in `PREMIUM_ACCOUNT` an account with many sessions. Run as `npm run measure`.
 */
const { setTimeout: pause } = require('node:timers/promises');
const { loadConnector } = require('../test/apps-script.js');

const { PREMIUM_STACK_URL: STACK, PREMIUM_STACK_ADMIN: ADMIN, PREMIUM_ACCOUNT: ACCOUNT } = process.env;
const EVER = { startDate: '2015-01-01', endDate: '2099-12-31' };
const DAY_MS = 86400 * 1000;
const POSTS = 10;
const CHARTS = 100;

async function call(method, path, token, body) {
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
  const response = await fetch(STACK + path, { method, headers, body: body && JSON.stringify(body) });
  const text = await response.text();
  return { status: response.status, bytes: Buffer.byteLength(text), json: JSON.parse(text) };
}

const tokenOf = async (account, scope) => (await call('POST', '/v1/tokens', ADMIN, { account, scope })).json.token;
const query = (type, fields, more) => ({ configParams: { report_type: type }, fields: fields.map((name) => ({ name })), ...more });
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

function connectorOf(token) {
  const connector = loadConnector({ script: { PREMIUM_URL: STACK } });
  connector.setCredentials({ key: token });
  connector.state.now = Date.now();
  return connector;
}

/** The first page of narrow rows, and of the widest there are. */
async function pageSize(token) {
  const { json } = await call('GET', '/v1/schema?report_type=sessions', token);
  const wide = json.schema.map((field) => field.name);
  const narrow = ['session_id', 'talks_origin', 'talks_created_at'];
  for (const [name, type, fields] of [['messages, 3 fields', 'talks', narrow], ['sessions, all fields', 'sessions', wide]]) {
    const page = await call('POST', '/v1/data', token, query(type, fields, { limit: 50000 }));
    console.log(`page (${name}): ${page.json.rows.length} rows, ${megabytes(page.bytes)}, more: ${page.json.nextCursor !== null}`);
  }
}

/** All messages there are, as one chart. */
function largestChart(token) {
  const connector = connectorOf(token);
  const began = performance.now();
  const { rows } = connector.getData(query('talks', ['session_id', 'talks_origin'], { dateRange: EVER }));
  const seconds = (performance.now() - began) / 1000;
  console.log(`rows: ${rows.length} in one chart in ${seconds.toFixed(1)} s, ${connector.state.fetches.length - 1} pages`);
}

/** From a session's acceptance to its being in an answer. */
async function freshness() {
  const account = `fresh-${Date.now().toString(36)}`;
  const [ingest, report] = [await tokenOf(account, 'ingest'), await tokenOf(account, 'report')];
  const waits = [];
  for (let at = 1; at <= POSTS; at += 1) {
    await call('POST', '/v1/sessions', ingest, { session_id: `s${at}`, created_at: new Date().toISOString() });
    const began = performance.now();
    for (;;) {
      const scriptParams = { lastRefresh: String(Date.now()) };
      const { json } = await call('POST', '/v1/data', report, query('summary', ['sessions'], { scriptParams }));
      if (Number(json.rows[0].values[0]) === at) break;
      await pause(50);
    }
    waits.push((performance.now() - began) / 1000);
  }
  waits.sort((a, b) => a - b);
  console.log(`freshness: median ${waits[POSTS / 2].toFixed(1)} s, longest ${waits.at(-1).toFixed(1)} s of ${POSTS}`);
}

/** The oldest session that is kept. */
async function history() {
  const account = `old-${Date.now().toString(36)}`;
  const ingest = await tokenOf(account, 'ingest');
  await tokenOf(account, 'report');
  await call('PATCH', '/v1/account', ADMIN, { account, starts_on: '2015-01-01' });
  for (const days of [1825, 1827]) {
    const created = new Date(Date.now() - days * DAY_MS).toISOString();
    const { json } = await call('POST', '/v1/sessions', ingest, { session_id: `d${days}`, created_at: created });
    console.log(`history: a session of ${days} days ago: accepted ${json.accepted}, ignored ${json.ignored}`);
  }
}

/** Charts one after the other, each of its own query, and rows of an export. */
async function rates(token) {
  const connector = connectorOf(token);
  const began = performance.now();
  for (let at = 0; at < CHARTS; at += 1) {
    connector.getData(query('summary', ['campaign_name', 'sessions', 'tma_seconds', 'tma_sessions'], {
      dateRange: { startDate: new Date(Date.now() - (at + 1) * DAY_MS).toISOString().slice(0, 10), endDate: '2099-12-31' },
    }));
  }
  const each = (performance.now() - began) / CHARTS;
  console.log(`rates: a chart of totals in ${each.toFixed(0)} ms, ${(1000 / each).toFixed(0)} a second, one after the other`);
}

async function main() {
  if (!STACK || !ADMIN || !ACCOUNT) throw new Error('set PREMIUM_STACK_URL, PREMIUM_STACK_ADMIN and PREMIUM_ACCOUNT');
  const token = await tokenOf(ACCOUNT, 'report');
  await pageSize(token);
  largestChart(token);
  await freshness();
  await history();
  await rates(token);
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});
