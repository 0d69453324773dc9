/**
 * Accounts of a running stack: `PREMIUM_STACK_URL`, and an admin's token of it in `PREMIUM_STACK_ADMIN`. Each test
 * file has an account of its own.
 */
const assert = require('node:assert/strict');
const { setTimeout: pause } = require('node:timers/promises');
const { loadConnector } = require('../apps-script.js');

const { PREMIUM_STACK_URL: STACK, PREMIUM_STACK_ADMIN: ADMIN } = process.env;
const EVER = { startDate: '2015-01-01', endDate: '2099-12-31' };
const READABLE_WITHIN_MS = 30 * 1000;

/**
 * @param {string} method
 * @param {string} path
 * @param {string} token
 * @param {Object|Array=} body
 * @return {Promise<Object>} The answer to a request that has to succeed.
 */
async function call(method, path, token, body) {
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
  const response = await fetch(STACK + path, { method, headers, body: body && JSON.stringify(body) });
  const text = await response.text();
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
  return JSON.parse(text);
}

/**
 * Posts sessions to a new account and waits until all of them can be read.
 * @param {string} name
 * @param {Array<Object>} sessions
 * @return {Promise<{account: string, token: string, lastRefresh: string}>} A report token, and the point in time whose
 *     state holds all sessions.
 */
async function accountWith(name, sessions) {
  assert.ok(STACK && ADMIN, 'set PREMIUM_STACK_URL and PREMIUM_STACK_ADMIN to a running stack');
  const account = `${name}-${process.pid}-${Date.now().toString(36)}`;
  const tokenOf = async (scope) => (await call('POST', '/v1/tokens', ADMIN, { account, scope })).token;
  const token = await tokenOf('report');
  await call('PATCH', '/v1/account', ADMIN, { account, starts_on: '2015-01-01' });
  const answer = await call('POST', '/v1/sessions', await tokenOf('ingest'), sessions);
  assert.equal(answer.accepted, sessions.length, JSON.stringify(answer.results.slice(0, 3)));
  const until = Date.now() + READABLE_WITHIN_MS;
  for (;;) {
    const lastRefresh = String(Date.now());
    const query = { configParams: { report_type: 'summary' }, scriptParams: { lastRefresh }, fields: [{ name: 'sessions' }] };
    const { rows } = await call('POST', '/v1/data', token, query);
    if (Number(rows[0].values[0]) === sessions.length) return { account, token, lastRefresh };
    assert.ok(Date.now() < until, `${rows[0].values[0]} of ${sessions.length} sessions can be read`);
    await pause(200);
  }
}

/**
 * @param {string} token
 * @param {Object=} setup As loadConnector takes it.
 * @return {Object} A connector that has signed in.
 */
function signedIn(token, setup = {}) {
  const connector = loadConnector({ ...setup, script: { PREMIUM_URL: STACK, ...setup.script } });
  assert.deepEqual(connector.setCredentials({ key: token }), { errorCode: 'NONE' });
  connector.state.now = Date.now();
  return connector;
}

module.exports = { accountWith, ADMIN, call, EVER, signedIn, STACK };
