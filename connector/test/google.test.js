/** What Google says instead of an answer: quotas of a short time and of a day, and requests that came to nothing. */
const assert = require('node:assert/strict');
const { after, before, beforeEach, test } = require('node:test');
const { dataRequest, loadConnector, signedIn, startStage, TOKEN, userErrorOf } = require('./stage.js');

const FIELDS = ['session_id', 'status'];
/** Apps Script ends a run after this. */
const RUN_MS = 360 * 1000;

let stage;

before(async () => {
  stage = await startStage();
});
after(() => stage.close());
beforeEach(() => stage.plan({}));

const dataError = (connector) => userErrorOf(() => connector.getData(dataRequest(FIELDS)));
const paged = (rows, setup) => signedIn(stage.url, { script: { PREMIUM_PAGE_ROWS: String(rows) }, ...setup });

const SHORT = [
  'Service invoked too many times in a short time: urlfetch rateMax. Try Utilities.sleep(1000) between calls.',
  'Exception: Service invoked too many times in a short time: exec qps.',
  'Serviço chamado muitas vezes em um curto período: urlfetch.',
  'Bandwidth quota exceeded: https://relatorios.example.com/v1/data. Try reducing the rate of data transfer.',
  'There are too many scripts running simultaneously for this Google user account.',
];
for (const message of SHORT) {
  test(`a short-term quota is waited out: ${message.slice(0, 70)}`, () => {
    const connector = paged(10, { fetchFails: (n) => (n >= 2 && n <= 4 ? message : '') });
    assert.equal(connector.getData(dataRequest(FIELDS)).rows.length, 25);
    const [a, b, c, ...more] = connector.state.sleeps;
    assert.deepEqual(more, []);
    assert.ok(a >= 5000 && a < b && b < c && a + b + c >= 35000, connector.state.sleeps.join());
  });

  test(`a short-term quota that stays is told, within the time of a run: ${message.slice(0, 70)}`, () => {
    const connector = signedIn(stage.url, { fetchFails: message });
    const start = connector.state.now;
    assert.match(dataError(connector).text, /^Limite: o Google limitou .*Espere um minuto/);
    assert.equal(connector.state.fetches.length, 5);
    const waited = connector.state.now - start;
    assert.ok(waited > 60 * 1000 && waited < RUN_MS, `${waited}`);
  });
}

test('a short-term quota that meets every page ends with the run, not after it', () => {
  const connector = paged(1, { fetchTakes: 20 * 1000, fetchFails: (n) => (n % 3 ? SHORT[0] : '') });
  const start = connector.state.now;
  assert.match(dataError(connector).text, /^Limite: /);
  assert.ok(connector.state.now - start < RUN_MS, `${connector.state.now - start}`);
});

const DAILY = [
  'Service invoked too many times for one day: urlfetch.',
  'Exception: Service invoked too many times for one day: urlfetch.',
  'Serviço chamado muitas vezes no mesmo dia: urlfetch.',
  'Serviço invocado muitas vezes num dia: urlfetch.',
  'Servicio solicitado demasiadas veces en un mismo día: urlfetch.',
];
for (const message of DAILY) {
  test(`the daily quota is told and not tried again: ${message.slice(0, 70)}`, () => {
    const connector = signedIn(stage.url, { fetchFails: message });
    assert.match(dataError(connector).text, /^Limite: a cota diária do Google.*amanhã/);
    assert.deepEqual([connector.state.fetches.length, connector.state.sleeps], [1, []]);
  });
}

const TRAPS = [
  ['https://too-many-times.one-day.example.com', '/one-day-quota/timeout'],
  ['https://dns.example.com:8443', '/ssl/permission'],
  ['https://quota.example.com', '/muitas-vezes/no-mesmo-dia'],
];
const BEGINNINGS = [
  [(address) => `Address unavailable: ${address}`, 'não respondeu. Confira'],
  [(address) => `Timeout: ${address}`, 'não respondeu a tempo'],
  [(address) => `DNS error: ${address}`, 'DNS'],
  [(address) => `SSL Error: ${address}`, 'SSL'],
  [(address) => `UrlFetch calls to ${address} are not permitted by your admin`, 'não deixa'],
  [(address) => `Bandwidth quota exceeded: ${address}. Try reducing the rate of data transfer.`, 'o Google limitou'],
  [(address) => `Service invoked too many times in a short time: urlfetch (${address}).`, 'o Google limitou'],
  [(address) => `Service invoked too many times for one day: urlfetch (${address}).`, 'cota diária'],
];
for (const [origin, path] of TRAPS) {
  test(`the words of an address say nothing of the fault: ${origin}${path}`, () => {
    const host = origin.slice('https://'.length);
    const ways = [`${origin}${path}/v1/data`, `${origin.toUpperCase()}${path}`, `${host}${path}`, host, `${host}${path}/v1/data?token=${TOKEN}`];
    for (const way of ways) {
      for (const [message, words] of BEGINNINGS) {
        const connector = signedIn(`${origin}${path}`, { fetchFails: message(way) });
        const { text, debugText } = dataError(connector);
        assert.ok(text.includes(words), `${message(way)}: ${text}`);
        const said = text.split(host).join('HOST');
        assert.doesNotMatch(said, /https?:|one-day|muitas-vezes|permission\b|example\.com|token=/i);
        assert.ok(!`${text}${debugText}`.includes(TOKEN));
      }
    }
  });
}

const FINAL = [
  ['UrlFetch calls to https://relatorios.example.com/v1/data are not permitted by your admin', /^Conector: o Google não deixa/],
  ['You do not have permission to call UrlFetchApp.fetch. Required permissions: https://www.googleapis.com/auth/script.external_request', /^Conector: o Google não deixa/],
  ['É necessária autorização para executar esta ação. Execute o script novamente para autorizar a ação.', /^Conector: o Google não deixa/],
  ['SSL Error: https://relatorios.example.com/v1/data', /^Servidor: .*SSL.*certificado/],
];
for (const [message, words] of FINAL) {
  test(`what does not pass is not tried again: ${message.slice(0, 60)}`, () => {
    const connector = signedIn(stage.url, { fetchFails: message });
    assert.match(dataError(connector).text, words);
    assert.equal(connector.state.fetches.length, 1);
  });
}

test('time-outs and names that do not resolve are tried again, within the time of a run', () => {
  for (const [message, words] of [['Timeout: https://a/b', /a tempo/], ['DNS error: https://a/b', /DNS/], ['Erro de DNS: https://a/b', /DNS/]]) {
    const connector = signedIn(stage.url, { fetchFails: message, fetchTakes: 60 * 1000 });
    const start = connector.state.now;
    assert.match(dataError(connector).text, words);
    assert.ok(connector.state.fetches.length > 1);
    assert.ok(connector.state.now - start < RUN_MS, `${connector.state.now - start}`);
    const passing = signedIn(stage.url, { fetchFails: (n) => (n === 1 ? message : '') });
    assert.equal(passing.getData(dataRequest(FIELDS)).rows.length, 25);
  }
});

test('what Google says besides is quoted, without address and token', () => {
  const fetchFails = `Exception: Attribute provided with invalid value: Header:Authorization Bearer ${TOKEN} of ${stage.url}/v1/data`;
  const { text } = dataError(signedIn(stage.url, { fetchFails }));
  assert.match(text, /^Servidor: .* não respondeu\. .*O Google disse: Attribute provided with invalid value: Header:Authorization Bearer … of$/);
});

test('of a message of any length the beginning is read and quoted', () => {
  const { text } = dataError(signedIn(stage.url, { fetchFails: `Unexpected: ${'a'.repeat(1e6)} https://a/${'b '.repeat(1e5)}` }));
  assert.ok(text.length < 600, `${text.length}`);
});

test('a quota met while signing in is told after one request, and signs nobody out', () => {
  for (const [fetchFails, words] of [[SHORT[0], /^Limite: o Google limitou/], [DAILY[0], /^Limite: a cota diária/]]) {
    const connector = signedIn(stage.url, { fetchFails });
    assert.match(userErrorOf(() => connector.setCredentials({ key: TOKEN })).text, words);
    assert.equal(connector.isAuthValid(), true);
    assert.equal(connector.state.fetches.length, 2);
  }
});

test('a quota of another of Google\'s services is told as what it is', () => {
  const cases = [['Service invoked too many times for one day: properties.', /^Limite: a cota diária/],
    ['Service invoked too many times in a short time: properties.', /^Limite: o Google limitou/]];
  for (const [message, words] of cases) {
    const connector = loadConnector({ script: { PREMIUM_URL: stage.url } });
    Object.defineProperty(connector.state.user, 'premium.credentials', { get: () => { throw new Error(message); } });
    assert.match(dataError(connector).text, words);
  }
});
