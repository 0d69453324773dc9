const assert = require('node:assert/strict');
const { after, before, beforeEach, test } = require('node:test');
const { dataRequest, loadConnector, signedIn, startStage, TOKEN, userErrorOf } = require('./stage.js');

let stage;

before(async () => {
  stage = await startStage();
});
after(() => stage.close());
beforeEach(() => stage.plan({}));

const dataError = (connector, request = dataRequest(['status'])) => userErrorOf(() => connector.getData(request));

test('a chart of a user who is not signed in asks for a token', () => {
  const connector = loadConnector({ script: { PREMIUM_URL: stage.url } });
  assert.match(dataError(connector).text, /^Acesso: falta o token/);
  assert.deepEqual(connector.state.fetches, []);
});

test('a token that was revoked is told so, with what to do, and is asked about at once', () => {
  const connector = signedIn(stage.url);
  assert.equal(connector.isAuthValid(), true);
  stage.plan({ faults: [{ path: '/v1/data', status: 401 }, { path: '/v1/me', status: 401 }] });
  assert.match(dataError(connector).text, /^Acesso: .*revogado.*token de relatório.*\(Código do pedido: req-\d+\)$/);
  assert.equal(connector.isAuthValid(), false);
});

test('dates that the server does not accept are named as the period', () => {
  const request = dataRequest(['status'], { dateRange: { startDate: '2026-10-31', endDate: '2026-10-01' } });
  assert.match(dataError(signedIn(stage.url), request).text, /^Período: .*the range ends before it starts; dateRange: is empty/);
});

test('a chain of pages that cannot go on says to load the data again', () => {
  const detail = 'cursor was made under other settings of the account, or of the token: send the request without it to start again';
  stage.plan({ faults: [{ path: '/v1/data', status: 422, body: JSON.stringify({ detail }) }] });
  assert.match(dataError(signedIn(stage.url)).text, /^Servidor: as páginas .*Atualize os dados/);
});

test('a field that the server does not know is named', () => {
  const english = signedIn(stage.url, { locale: 'en_US' });
  assert.match(dataError(english, dataRequest(['wrong'])).text, /^Report: .*The server said: unknown field wrong.*\(Request code: req-\d+\)$/);
});

test('a gateway that fails by itself gives its own request id', () => {
  const headers = { 'Apigw-Requestid': 'gw-7' };
  stage.plan({ faults: [{ path: '/v1/data', status: 503, body: '{"message":"Service Unavailable"}', headers }] });
  assert.match(dataError(signedIn(stage.url)).text, /\(Código do pedido: gw-7\)$/);
});

test('Google\'s daily quota is a limit, in either language, and is not tried again', () => {
  const messages = ['Service invoked too many times for one day: urlfetch.', 'Serviço chamado muitas vezes em um dia: urlfetch.'];
  for (const fetchFails of messages) {
    const connector = signedIn(stage.url, { fetchFails });
    assert.match(dataError(connector).text, /^Limite: a cota diária do Google/);
    assert.equal(connector.state.fetches.length, 1);
  }
});

test('the technical part is kept from readers and given to admins', () => {
  stage.plan({ faults: [{ path: '/v1/data', status: 500, body: '{"detail":"x","stack":"secret place"}' }] });
  const { text, debugText } = dataError(signedIn(stage.url));
  assert.doesNotMatch(text, /secret place/);
  assert.match(debugText, /^failed post \/v1\/data: HTTP 500: .*secret place/);
});

test('an unexpected fault is a user error too', () => {
  const connector = signedIn(stage.url);
  Object.defineProperty(connector.state.user, 'premium.credentials', { get: () => { throw new Error('storage is away'); } });
  const { text, debugText } = dataError(connector);
  assert.match(text, /^Conector: /);
  assert.match(debugText, /storage is away/);
});

test('the token is in no text, no address, no body and no cache, even if the server repeats it', () => {
  const echo = JSON.stringify({ detail: `bad ${TOKEN}`, request_id: TOKEN, errors: [{ field: TOKEN, message: TOKEN }] });
  for (const status of [200, 302, 400, 401, 403, 404, 422, 429, 500]) {
    for (const body of [echo, `<html>${TOKEN}</html>`]) {
      stage.plan({ faults: [{ path: '/v1/data', status, body }] });
      const connector = signedIn(stage.url);
      const { text, debugText } = dataError(connector);
      const said = [text, debugText, [...connector.state.cache]];
      const sent = connector.state.fetches.map(({ url, options }) => [url, options.payload]);
      assert.ok(!JSON.stringify([said, sent]).includes(TOKEN), `${status} ${body}`);
    }
  }
  const echoing = signedIn(stage.url, { fetchFails: `Invalid header: Bearer ${TOKEN}` });
  assert.doesNotMatch(JSON.stringify(Object.values(dataError(echoing))), new RegExp(TOKEN));
});

test('no part of a token is left where a text is cut to size', () => {
  for (let space = 0; space < 420; space += 7) {
    const detail = `${' '.repeat(space)}${TOKEN}`;
    stage.plan({ faults: [{ path: '/v1/data', status: 422, body: JSON.stringify({ detail, request_id: detail }) }] });
    const { text, debugText } = dataError(signedIn(stage.url));
    assert.ok(!(text + debugText).includes(TOKEN.slice(0, 6)), `${space}`);
  }
});

test('sign-in errors never hold the token', () => {
  stage.plan({ faults: [{ path: '/v1/me', status: 403, body: JSON.stringify({ detail: `no ${TOKEN}` }) }] });
  const connector = loadConnector();
  const error = userErrorOf(() => connector.setCredentials({ pathKey: { path: stage.url, key: TOKEN } }));
  assert.match(error.text, /^Acesso: .*O servidor disse: no …/);
  assert.ok(!(error.text + error.debugText).includes(TOKEN));
  const scope = JSON.stringify({ scope: TOKEN });
  stage.plan({ faults: [{ path: '/v1/me', status: 200, body: scope }] });
  const named = userErrorOf(() => connector.setCredentials({ pathKey: { path: stage.url, key: TOKEN } }));
  assert.ok(!(named.text + named.debugText).includes(TOKEN));
});

test('every sentence has all its facts, in both languages', () => {
  const faults = [302, 400, 401, 403, 404, 405, 422, 429, 500].map((status) => ({ status }));
  for (const locale of ['pt_BR', 'en']) {
    for (const fault of [...faults, { cut: true }, { status: 200, body: '<html>' }]) {
      stage.plan({ faults: [{ path: '/v1/data', ...fault }] });
      const { text } = dataError(signedIn(stage.url, { locale }));
      assert.match(text, locale === 'en' ? /^(Access|Server|Limit|Period|Report): / : /^(Acesso|Servidor|Limite|Período|Relatório): /);
      assert.doesNotMatch(text, /undefined|null|[{}]/);
    }
  }
});
