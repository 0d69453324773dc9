const assert = require('node:assert/strict');
const { after, before, beforeEach, test } = require('node:test');
const { checkData } = require('./studio/checks.js');
const { dataRequest, signedIn, startStage, userErrorOf } = require('./stage.js');

const FIELDS = ['session_id', 'status', 'created_at', 'expired', 'campaign_name', 'sessions'];
let stage;

before(async () => {
  stage = await startStage();
});
after(() => stage.close());
beforeEach(() => stage.plan({}));

const paged = (rows, setup) => signedIn(stage.url, { script: { PREMIUM_PAGE_ROWS: String(rows) }, ...setup });
const bodies = () => stage.log().map((each) => JSON.parse(each.body));

test('rows are exactly what was asked for, with null where there is nothing', () => {
  const connector = signedIn(stage.url);
  const request = dataRequest(FIELDS);
  const answer = connector.getData(request);
  checkData(request, answer, connector.getSchema({}).schema);
  assert.equal(answer.rows.length, 25);
  assert.deepEqual(answer.rows[0].values, ['s0000', null, '20261001120000', null, null, 1]);
  assert.equal(answer.rows[1].values[4], 'Suporte é aqui');
  assert.equal(answer.filtersApplied, true);
});

test('the request goes out as it is, last refresh and sample flag and unknown parts too', () => {
  const request = dataRequest(FIELDS, { tomorrow: { more: 1 } });
  signedIn(stage.url).getData(request);
  const { limit, ...sent } = bodies()[0];
  assert.deepEqual(sent, request);
  assert.equal(limit, 50000);
});

test('all pages of a chain are put together, whatever their size', () => {
  const whole = signedIn(stage.url).getData(dataRequest(FIELDS));
  for (const rows of [1, 7, 24, 25, 26]) {
    stage.plan({});
    assert.deepEqual(paged(rows).getData(dataRequest(FIELDS)), whole);
    assert.equal(stage.log().length, Math.ceil(25 / rows));
    assert.equal(new Set(bodies().map(({ cursor, ...query }) => JSON.stringify(query))).size, 1);
  }
});

test('a page without rows in the middle of a chain ends nothing', () => {
  stage.plan({ faults: [{ path: '/v1/data', skip: 1, times: 1, patch: { rows: [] } }] });
  assert.equal(paged(10).getData(dataRequest(FIELDS)).rows.length, 15);
});

test('no rows at all is an answer', () => {
  stage.plan({ rows: 0 });
  assert.deepEqual(signedIn(stage.url).getData(dataRequest(['status'])), {
    schema: [{ name: 'status', dataType: 'STRING' }], rows: [], filtersApplied: true,
  });
});

test('filters are the server\'s: applied ones drop their fields, others do not', () => {
  const filter = (operator) => [[{ fieldName: 'status', values: ['open'], type: 'INCLUDE', operator }]];
  const fields = ['session_id', { name: 'status', forFilterOnly: true }];
  const applied = signedIn(stage.url).getData(dataRequest(fields, { dimensionsFilters: filter('EQUALS') }));
  assert.deepEqual([applied.filtersApplied, applied.schema.length, applied.rows.length], [true, 1, 8]);
  const not = signedIn(stage.url).getData(dataRequest(fields, { dimensionsFilters: filter('SOUNDS_LIKE') }));
  assert.deepEqual([not.filtersApplied, not.schema.length, not.rows.length], [false, 2, 25]);
});

for (const status of [429, 500, 502, 503, 504]) {
  test(`${status} in the middle of paging is tried again with growing waits`, () => {
    stage.plan({ faults: [{ path: '/v1/data', status, skip: 1, times: 3 }] });
    const connector = paged(10);
    assert.equal(connector.getData(dataRequest(FIELDS)).rows.length, 25);
    const [a, b, c, ...more] = connector.state.sleeps;
    assert.deepEqual(more, []);
    assert.ok(a >= 1000 && a < b && b < c && c <= 6000, connector.state.sleeps.join());
  });

  test(`${status} that stays is an error with the server's request id, and no rows`, () => {
    stage.plan({ faults: [{ path: '/v1/data', status, skip: 2 }] });
    const connector = paged(10);
    const { text } = userErrorOf(() => connector.getData(dataRequest(FIELDS)));
    assert.match(text, status === 429 ? /^Limite: / : new RegExp(`^Servidor: .*HTTP ${status}`));
    assert.match(text, /\(Código do pedido: req-\d+\)$/);
    assert.equal(connector.state.fetches.length, 2 + 5);
  });
}

test('a short Retry-After is waited for, in seconds or as a date', () => {
  for (const value of ['7', new Date(Date.UTC(2026, 10, 22, 12, 0, 7)).toUTCString()]) {
    stage.plan({ faults: [{ path: '/v1/data', status: 429, times: 1, headers: { 'Retry-After': value } }] });
    const connector = signedIn(stage.url);
    connector.getData(dataRequest(FIELDS));
    assert.deepEqual(connector.state.sleeps, [7000]);
  }
});

test('a long Retry-After is an error at once', () => {
  stage.plan({ faults: [{ path: '/v1/data', status: 503, times: 1, headers: { 'Retry-After': '120' } }] });
  const connector = signedIn(stage.url);
  assert.match(userErrorOf(() => connector.getData(dataRequest(FIELDS))).text, /^Servidor: /);
  assert.deepEqual(connector.state.sleeps, []);
});

test('a cut connection in the middle of paging is tried again, then an error', () => {
  stage.plan({ faults: [{ path: '/v1/data', cut: true, skip: 1, times: 1 }] });
  assert.equal(paged(10).getData(dataRequest(FIELDS)).rows.length, 25);
  stage.plan({ faults: [{ path: '/v1/data', cut: true, skip: 1 }] });
  assert.match(userErrorOf(() => paged(10).getData(dataRequest(FIELDS))).text, /^Servidor: 127\.0\.0\.1:\d+ não respondeu/);
});

for (const [status, words] of [[401, /^Acesso: /], [403, /^Acesso: /], [422, /^Relatório: /], [400, /^Relatório: /]]) {
  test(`${status} in the middle of paging is never tried again and never fewer rows`, () => {
    stage.plan({ faults: [{ path: '/v1/data', status, skip: 1 }] });
    const connector = paged(10);
    assert.match(userErrorOf(() => connector.getData(dataRequest(FIELDS))).text, words);
    assert.equal(connector.state.fetches.length, 2);
  });
}

const BROKEN = [
  ['has another schema', { schema: [{ name: 'other', dataType: 'STRING' }] }],
  ['changes its mind about filters', { filtersApplied: false }],
  ['has a row that is too short', { rows: [{ values: ['s1'] }] }],
  ['has no rows member', { rows: null }],
  ['has a cursor that is no text', { nextCursor: 7 }],
  ['has an empty cursor', { nextCursor: '' }],
];
for (const [name, patch] of BROKEN) {
  test(`a later page that ${name} is an error`, () => {
    stage.plan({ faults: [{ path: '/v1/data', skip: 1, times: 1, patch }] });
    assert.match(userErrorOf(() => paged(10).getData(dataRequest(FIELDS))).text, /^Servidor: /);
  });
}

test('a later page that is no JSON is an error', () => {
  stage.plan({ faults: [{ path: '/v1/data', skip: 1, times: 1, status: 200, body: '{"schema":[{"na' }] });
  assert.match(userErrorOf(() => paged(10).getData(dataRequest(FIELDS))).text, /^Servidor: /);
});

test('a cursor that leads back to itself is an error, not an endless loop', () => {
  const page = { schema: [{ name: 'sessions', dataType: 'NUMBER' }], rows: [], filtersApplied: true, nextCursor: 'again' };
  stage.plan({ faults: [{ path: '/v1/data', status: 200, body: JSON.stringify(page) }] });
  assert.match(userErrorOf(() => paged(10).getData(dataRequest(['sessions']))).text, /^Servidor: .*páginas/);
  assert.equal(stage.log().length, 2);
});

test('a million rows are an answer', () => {
  stage.plan({ rows: 1000000 });
  const answer = signedIn(stage.url).getData(dataRequest(['sessions']));
  assert.equal(answer.rows.length, 1000000);
});

test('a row more than a million is an error that names both numbers, after one page', () => {
  stage.plan({ rows: 1000001 });
  const connector = signedIn(stage.url);
  const { text } = userErrorOf(() => connector.getData(dataRequest(['sessions'])));
  assert.match(text, /^Limite: .*1\.000\.001 linhas.*1\.000\.000.*período.*filtro/);
  assert.equal(connector.state.fetches.length, 1);
  const english = signedIn(stage.url, { locale: 'en' });
  assert.match(userErrorOf(() => english.getData(dataRequest(['sessions']))).text, /1,000,001 rows.*dates.*filter/);
});

test('more than a million rows are an error where the server does not count them beforehand', () => {
  stage.plan({ rows: 1000001, faults: [{ path: '/v1/data', patch: { totalRows: null } }] });
  assert.match(userErrorOf(() => signedIn(stage.url).getData(dataRequest(['sessions']))).text, /^Limite: .*1\.000\.001/);
});

test('more than 50 MB in all are an error that names rows and limit', () => {
  const row = { values: ['é…😀'.repeat(300)] };
  stage.plan({ rows: 100000, faults: [{ path: '/v1/data', patch: { repeat: 5000, row } }] });
  const connector = paged(5000);
  const { text } = userErrorOf(() => connector.getData(dataRequest(['status'])));
  assert.match(text, /^Limite: 100\.000 linhas passam de 50 MB.*período.*campos.*filtro/);
  assert.equal(connector.state.fetches.length, 4);
});

test('a request that takes longer than a run may is an error before Apps Script ends it', () => {
  stage.plan({ rows: 25 });
  const connector = paged(1, { fetchTakes: 50 * 1000 });
  const { text } = userErrorOf(() => connector.getData(dataRequest(FIELDS)));
  assert.match(text, /^Limite: em 290 segundos chegaram só 6 linhas/);
  assert.ok(connector.state.fetches.length * 50 < 360);
});

test('no wait goes beyond the time of a run', () => {
  stage.plan({ faults: [{ path: '/v1/data', status: 503, headers: { 'Retry-After': '50' } }] });
  const connector = signedIn(stage.url, { fetchTakes: 59 * 1000 });
  const start = connector.state.now;
  userErrorOf(() => connector.getData(dataRequest(FIELDS)));
  assert.ok(connector.state.sleeps.length > 0);
  assert.ok(connector.state.now - start < 360 * 1000);
});

test('a blank date field is left to the server, a blank report type is sessions', () => {
  signedIn(stage.url).getData(dataRequest(FIELDS, { configParams: { report_type: '', date_field: '' } }));
  assert.deepEqual(bodies()[0].configParams, { report_type: 'sessions' });
});
