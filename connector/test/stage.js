/** The fixture server and a connector that talks to it, as most tests start. */
const { blockingFetch } = require('./blocking-fetch.js');
const { startFixture, TYPES } = require('./fixture-server.js');
const { loadConnector, userErrorOf } = require('./apps-script.js');

const TOKEN = 'pr_report_0123456789abcdef';

/** @return {Promise<Object>} The server's `url`, `plan`, `log` and `close`. */
async function startStage() {
  const { url, close } = await startFixture();
  return {
    url,
    close,
    plan: (plan) => blockingFetch(`${url}/_plan`, { method: 'POST', headers: {}, body: JSON.stringify(plan) }),
    log: () => JSON.parse(Buffer.from(blockingFetch(`${url}/_log`, { method: 'GET', headers: {} }).body)),
  };
}

/**
 * @param {string} url
 * @param {Object=} setup As loadConnector takes it.
 * @return {Object} A connector whose deployer has fixed the address and whose user has signed in.
 */
function signedIn(url, setup = {}) {
  const user = { 'premium.credentials': JSON.stringify({ url, token: TOKEN }) };
  return loadConnector({ user, ...setup, script: { PREMIUM_URL: url, ...setup.script } });
}

/**
 * @param {Array<string|Object>} fields
 * @param {Object=} more
 * @return {Object} A getData request as Data Studio makes it.
 */
function dataRequest(fields, more = {}) {
  return {
    configParams: { report_type: 'sessions', date_field: 'created_at' },
    scriptParams: { sampleExtraction: true, lastRefresh: '1758425096065' },
    dateRange: { startDate: '2026-10-01', endDate: '2026-10-31' },
    fields: fields.map((field) => (typeof field === 'string' ? { name: field } : field)),
    ...more,
  };
}

module.exports = { dataRequest, loadConnector, signedIn, startStage, TOKEN, TYPES, userErrorOf };
