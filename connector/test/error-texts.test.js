/**
 * What people read when something fails: one text a class and a language, compared with test/error-texts.json.
 * `UPDATE=1 npm test` writes that file anew.
 */
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { after, before, test } = require('node:test');
const vm = require('node:vm');
const { dataRequest, loadConnector, signedIn, startStage, TOKEN, userErrorOf } = require('./stage.js');

const SNAPSHOT = path.join(__dirname, 'error-texts.json');
const UPDATE = process.env.UPDATE === '1';
const chart = (connector) => connector.getData(dataRequest(['status']));
const problem = (detail, errors) => JSON.stringify({ title: 'Problem', detail, errors, request_id: 'req-0' });

/** For each class the fault to plan, and what else is so. */
const CLASSES = {
  '401': { fault: { status: 401, body: problem('the token is revoked') } },
  '403': { fault: { status: 403, body: problem('the token is of another account') } },
  '403 page of a firewall': { fault: { status: 403, body: '<html>Blocked</html>' } },
  '404': { fault: { status: 404, body: problem('no such path') } },
  '422 of a field': { fault: { status: 422, body: problem('unknown field', [{ field: 'fields', message: 'no column named x' }]) } },
  '422 of the period': { fault: { status: 422, body: problem('dateRange ends before it starts') } },
  '429': { fault: { status: 429, body: problem('too many requests') } },
  '500': { fault: { status: 500, body: problem('storage failed') } },
  '502 page of a gateway': { fault: { status: 502, body: '<html>Bad Gateway</html>' } },
  '503': { fault: { status: 503, body: problem('storage pushes back') } },
  '504': { fault: { status: 504, body: problem('the answer took too long') } },
  '413 page of a gateway': { fault: { status: 413, body: '<html>Request Entity Too Large</html>' } },
  '422 of a cursor': { fault: { status: 422, body: problem('cursor has expired: send the request without it to start again') } },
  'a redirect': { fault: { status: 302, body: '', headers: { Location: 'https://elsewhere.example.com/' } } },
  'a timeout': { setup: { fetchFails: 'Timeout: https://reports.example.com/v1/data' } },
  'a name that does not resolve': { setup: { fetchFails: 'DNS error: https://reports.example.com' } },
  'a certificate that is wrong': { setup: { fetchFails: 'SSL Error: https://reports.example.com/v1/data' } },
  'an address that does not answer': { setup: { fetchFails: 'Address unavailable: https://reports.example.com/v1/data' } },
  'an address that Google does not allow': { setup: { fetchFails: 'UrlFetch calls to https://reports.example.com/v1/data are not permitted by your admin' } },
  'Google\'s short-term quota': { setup: { fetchFails: 'Bandwidth quota exceeded: https://reports.example.com/v1/data. Try reducing the rate of data transfer.' } },
  'Google\'s daily quota': { setup: { fetchFails: 'Service invoked too many times for one day: urlfetch.' } },
  'not JSON': { fault: { status: 200, body: '<html>Sign in</html>' } },
  'no body': { fault: { status: 200, body: '' } },
  'JSON of something else': { fault: { status: 200, body: '{"hello":"world"}' } },
  'a field too few': { fault: { patch: { schema: [], rows: [] } } },
  'a row that is too long': { fault: { patch: { rows: [{ values: ['open', 'more'] }] } } },
  'a value of another type': { fault: { patch: { rows: [{ values: [true] }] } } },
  'pages that do not fit': { fault: { skip: 1, patch: { filtersApplied: false } }, pageRows: 10 },
  'too many rows': { rows: 1000001 },
  'too large': { rows: 100000, fault: { patch: { repeat: 5000, row: { values: ['x'.repeat(3000)] } } }, pageRows: 5000 },
  'out of time': { setup: { fetchTakes: 50 * 1000 }, pageRows: 1 },
  'not signed in': { act: (_, locale) => chart(loadConnector({ locale, script: { PREMIUM_URL: stage.url } })) },
  'a token of another scope': { act: (connector) => connector.setCredentials({ key: 'pr_console_0123456789abcdef' }) },
  'an address that is none': { act: (_, locale) => loadConnector({ locale }).setCredentials({ pathKey: { path: 'example.com', key: TOKEN } }) },
  'a fault of the connector': { act: (connector) => {
    Object.defineProperty(connector.state.user, 'premium.credentials', { get: () => { throw new Error('storage is away'); } });
    return chart(connector);
  } },
};
const NETWORK = ['429', '500', '502 page of a gateway', '503', '504', 'a redirect', 'a timeout', 'a name that does not resolve', 'a certificate that is wrong', 'an address that does not answer',
  'an address that Google does not allow', 'Google\'s short-term quota', 'Google\'s daily quota', 'not JSON', 'no body', 'JSON of something else', '404'];
/** What no reader is shown: the request itself, and pages and exceptions as they came. */
const TECHNICAL = /v1\/data|<html>|Timeout:|DNS error|storage is away|at .*\.js:\d/;

let stage;
const shown = {};

before(async () => {
  stage = await startStage();
});
after(() => {
  if (UPDATE) fs.writeFileSync(SNAPSHOT, `${JSON.stringify(shown, null, 2)}\n`);
  return stage.close();
});

/** The user error of a class in a language. */
function errorOf(name, language) {
  const { fault, rows = 25, pageRows = 50000, setup, act = chart } = CLASSES[name];
  stage.plan({ rows, faults: fault ? [{ path: '/v1/data', ...fault }] : [] });
  const locale = { pt: 'pt_BR', en: 'en_US' }[language];
  const connector = signedIn(stage.url, { locale, script: { PREMIUM_PAGE_ROWS: String(pageRows) }, ...setup });
  return userErrorOf(() => act(connector, locale));
}

const steady = (text) => text.split(stage.url.slice('http://'.length)).join('HOST').replace(/req-\d+/g, 'REQUEST');

for (const name of Object.keys(CLASSES)) {
  test(`the texts of ${name} are those that were agreed`, () => {
    const texts = {};
    for (const language of ['pt', 'en']) {
      const { text, debugText } = errorOf(name, language);
      texts[language] = steady(text);
      assert.doesNotMatch(text, TECHNICAL);
      assert.ok(!`${text}${debugText}`.includes(TOKEN), 'the token is in no text');
    }
    shown[name] = texts;
    if (!UPDATE) assert.deepEqual(texts, JSON.parse(fs.readFileSync(SNAPSHOT, 'utf8'))[name]);
  });
}

for (const name of NETWORK) {
  test(`${name} is never said to be the token's fault`, () => {
    for (const language of ['pt', 'en']) assert.doesNotMatch(errorOf(name, language).text, /token|credencia|credential/i);
  });
}

test('each sentence is in both languages, of the same facts, and in no other language', () => {
  const { pt, en } = vm.runInNewContext(`${fs.readFileSync(path.join(__dirname, '..', 'src', 'texts.js'), 'utf8')}; TEXTS`);
  assert.deepEqual(Object.keys(pt), Object.keys(en));
  const factsOf = (text) => [...text.matchAll(/\{\w+\}/g)].map(([fact]) => fact).sort().join();
  for (const name of Object.keys(pt).filter((each) => typeof pt[each] === 'string')) {
    assert.equal(factsOf(pt[name]), factsOf(en[name]), name);
    assert.notEqual(pt[name], en[name], name);
    assert.doesNotMatch(pt[name], /\b(the|of|is|and|with|your)\b/i, name);
    assert.doesNotMatch(en[name], /\b(os|da|dos|não|ou|para|uma|seu)\b|[ãçõ]/i, name);
  }
});

test('no agreed text is of a class that is no more', () => {
  assert.deepEqual(Object.keys(JSON.parse(fs.readFileSync(SNAPSHOT, 'utf8'))).sort(), Object.keys(CLASSES).sort());
});

test('each class has a text of its own', () => {
  const texts = Object.keys(CLASSES).map((name) => steady(errorOf(name, 'pt').text));
  const outages = ['500', '502 page of a gateway', '503', '504'];
  assert.ok(new Set(texts).size >= Object.keys(CLASSES).length - outages.length);
});

test('the technical part is for admins, whom only the deployer appoints', () => {
  assert.equal(signedIn(stage.url).isAdminUser(), false);
  assert.equal(signedIn(stage.url, { script: { PREMIUM_DEBUG: 'yes' } }).isAdminUser(), false);
  assert.equal(signedIn(stage.url, { script: { PREMIUM_DEBUG: 'true' } }).isAdminUser(), true);
  assert.match(errorOf('not JSON', 'pt').debugText, TECHNICAL);
});
