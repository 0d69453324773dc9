/** What stands between Google and the server: pages of gateways, waits they ask for, and problems that quote what was sent. */
const assert = require('node:assert/strict');
const { after, before, beforeEach, test } = require('node:test');
const { dataRequest, signedIn, startStage, userErrorOf } = require('./stage.js');

const HTML = '<html><head><title>Gateway</title></head><body>nginx at 10.0.0.7</body></html>';

let stage;

before(async () => {
  stage = await startStage();
});
after(() => stage.close());
beforeEach(() => stage.plan({}));

function outcome(fault, setup) {
  stage.plan({ faults: [{ path: '/v1/data', ...fault }] });
  const connector = signedIn(stage.url, setup);
  const { text } = userErrorOf(() => connector.getData(dataRequest(['status'])));
  return { text, tries: connector.state.fetches.length, sleeps: connector.state.sleeps };
}

for (const [status, words] of [[413, /^Limite: .*grande demais.*HTTP 413/], [429, /^Limite: .*HTTP 429/], [502, /^Servidor: .*HTTP 502/], [504, /^Servidor: .*HTTP 504/]]) {
  test(`${status} with a page is what ${status} says, and the page is not shown`, () => {
    for (const body of [HTML, '']) {
      const { text, tries } = outcome({ status, body, headers: { 'Content-Type': 'text/html' } });
      assert.match(text, words);
      assert.doesNotMatch(text, /<|nginx|10\.0/);
      assert.equal(tries, status === 413 ? 1 : 5);
    }
  });
}

test('413 of the server quotes it', () => {
  const body = JSON.stringify({ detail: 'a body may have 1 MiB', request_id: 'req-9' });
  assert.match(outcome({ status: 413, body }).text, /^Limite: .*O servidor disse: a body may have 1 MiB \(Código do pedido: req-9\)$/);
});

test('a gateway\'s own message is quoted', () => {
  assert.match(outcome({ status: 503, body: '{"message":"Service Unavailable"}' }).text, /O servidor disse: Service Unavailable/);
});

for (const value of ['0', '-5', '7.5', '1e3', 'soon', '', '5 seconds', 'Infinity', '2001-01-01', 'in 2099', 'Thu, 01 Jan 1970 00:00:00 GMT', 'Sun, 99 Foo 9999 99:99:99 GMT']) {
  test(`a Retry-After of ${JSON.stringify(value)} changes nothing of the waits`, () => {
    const { tries, sleeps } = outcome({ status: 503, headers: { 'Retry-After': value } });
    assert.equal(tries, 5);
    assert.ok(sleeps.every((ms, at) => ms >= 1000 * 2 ** at && ms <= 1500 * 2 ** at), sleeps.join());
  });
}

for (const value of ['61', '3600', '99999999999999999999999999', 'Fri, 31 Dec 9999 23:59:59 GMT']) {
  test(`a Retry-After of ${value} is for people`, () => {
    const { text, tries, sleeps } = outcome({ status: 429, headers: { 'Retry-After': value } });
    assert.match(text, /^Limite: /);
    assert.deepEqual([tries, sleeps], [1, []]);
  });
}

test('a Retry-After of a minute is waited for', () => {
  stage.plan({ faults: [{ path: '/v1/data', status: 503, times: 1, headers: { 'Retry-After': '60' } }] });
  const connector = signedIn(stage.url);
  connector.getData(dataRequest(['status']));
  assert.deepEqual(connector.state.sleeps, [60000]);
});

test('words of a field that does not exist do not make its error one of the period', () => {
  for (const field of ['start_date', 'my_daterange', 'end_date_of_x']) {
    const message = 'não é um campo do tipo de relatório sessions: confira o nome; /v1/schema?report_type=sessions lista os campos';
    const detail = `${field} ${message}`;
    const body = JSON.stringify({ detail, errors: [{ field, message }] });
    assert.match(outcome({ status: 422, body }).text, new RegExp(`^Relatório: .*O servidor disse: ${field} não é um campo`));
  }
});

test('the period is told by the field that the server names', () => {
  for (const field of ['dateRange', 'dateRange.startDate', 'date_field']) {
    const body = JSON.stringify({ detail: `${field} is wrong`, errors: [{ field, message: 'is wrong' }] });
    assert.match(outcome({ status: 422, body }).text, new RegExp(`^Período: .*O servidor disse: ${field} is wrong`));
  }
});

test('a problem of any shape is a user error that says what it can', () => {
  for (const problem of [{ errors: [null, 7, { message: {} }] }, { detail: { a: 1 } }, { errors: 'x', title: 7 }, { request_id: { a: 1 } }]) {
    const { text } = outcome({ status: 422, body: JSON.stringify(problem) });
    assert.match(text, /^Relatório: /);
    assert.doesNotMatch(text, /object|undefined|null/);
  }
});

test('the server is asked in the language that its words are shown in', () => {
  for (const [locale, language] of [['pt_BR', 'pt'], ['en_US', 'en'], ['fr', 'pt']]) {
    stage.plan({});
    signedIn(stage.url, { locale }).getData(dataRequest(['status']));
    assert.equal(stage.log()[0].headers['accept-language'], language);
  }
});
