/**
 * The connector against a running stack with sessions in it: `PREMIUM_STACK_URL`, and in `PREMIUM_STACK_TOKEN` a
 * report token of full privacy. Revoked tokens may be named in `PREMIUM_STACK_REVOKED`, separated by commas.
 */
const assert = require('node:assert/strict');
const { before, test } = require('node:test');
const { checkConfig, checkData, checkSchema } = require('../studio/checks.js');
const { loadConnector, userErrorOf } = require('../apps-script.js');

const TYPES = ['sessions', 'talks', 'talk_options', 'events', 'tags', 'contact_platforms', 'summary'];
const EVER = { startDate: '2000-01-01', endDate: '2099-12-31' };
const { PREMIUM_STACK_URL: STACK, PREMIUM_STACK_TOKEN: TOKEN, PREMIUM_STACK_REVOKED: REVOKED } = process.env;
const NOW = String(Date.now());

before(() => assert.ok(STACK && TOKEN, 'set PREMIUM_STACK_URL and PREMIUM_STACK_TOKEN to a running stack'));

/** A signed-in connector. `script` are script properties beside the address. */
function signedIn(script, locale) {
  const connector = loadConnector({ script: { PREMIUM_URL: STACK, ...script }, locale });
  assert.deepEqual(connector.setCredentials({ key: TOKEN }), { errorCode: 'NONE' });
  connector.state.now = Date.now();
  return connector;
}

const schemaOf = (type) => signedIn().getSchema({ configParams: { report_type: type } }).schema;

/** A request for everything there ever was, in one state of the data. */
function requestOf(type, fields, more) {
  return {
    configParams: { report_type: type, date_field: 'created_at' },
    scriptParams: { lastRefresh: NOW },
    dateRange: EVER,
    fields: fields.map((name) => ({ name })),
    ...more,
  };
}

test('a report token signs in by either form and stays signed in', () => {
  assert.equal(signedIn().isAuthValid(), true);
  const open = loadConnector();
  assert.deepEqual(open.setCredentials({ pathKey: { path: `${STACK}/`, key: TOKEN } }), { errorCode: 'NONE' });
  open.state.cache.clear();
  assert.equal(open.isAuthValid(), true);
});

test('the form names all seven report types in both languages', () => {
  for (const languageCode of ['pt', 'en']) {
    const config = signedIn().getConfig({ languageCode });
    checkConfig(config);
    assert.deepEqual(config.configParams[0].options.map((option) => option.value).sort(), [...TYPES].sort());
  }
});

for (const type of TYPES) {
  test(`the schema of ${type} is one that Data Studio takes, in both languages`, () => {
    const names = ['pt_BR', 'en'].map((locale) => {
      const { schema } = signedIn({}, locale).getSchema({ configParams: { report_type: type } });
      checkSchema(schema);
      return schema.map((field) => field.name);
    });
    assert.deepEqual(names[0], names[1]);
  });
}

for (const type of ['sessions', 'talks', 'events']) {
  test(`every field of ${type} comes in its format, twenty at a time, in the same rows`, () => {
    const schema = schemaOf(type);
    const names = schema.map((field) => field.name);
    const ids = [];
    for (let at = 0; at < names.length; at += 19) {
      const rest = names.slice(at, at + 19).filter((name) => name !== 'session_id');
      const request = requestOf(type, ['session_id', ...rest]);
      const answer = signedIn().getData(request);
      checkData(request, answer, schema);
      ids.push(answer.rows.map((row) => row.values[0]));
    }
    assert.ok(ids[0].length > 3, `there are rows of ${type}`);
    for (const each of ids) assert.deepEqual(each, ids[0]);
  });

  test(`pages of ${type} make the same rows as one answer`, () => {
    const request = requestOf(type, ['session_id', 'status', 'created_at']);
    const whole = signedIn().getData(request);
    const connector = signedIn({ PREMIUM_PAGE_ROWS: String(Math.ceil(whole.rows.length / 4)) });
    const asked = connector.state.fetches.length;
    assert.deepEqual(connector.getData(request), whole);
    assert.ok(connector.state.fetches.length - asked >= 4);
  });

  test(`a filter and its opposite part the rows of ${type}`, () => {
    const whole = signedIn().getData(requestOf(type, ['session_id', 'status']));
    const value = whole.rows.map((row) => row.values[1]).find((status) => status !== null);
    assert.ok(value, 'some session has a status');
    const fields = [{ name: 'session_id' }, { name: 'status', forFilterOnly: true }];
    const [ins, outs] = ['INCLUDE', 'EXCLUDE'].map((kind) => {
      const filter = { fieldName: 'status', values: [value], type: kind, operator: 'EQUALS' };
      const answer = signedIn().getData(requestOf(type, [], { fields, dimensionsFilters: [[filter]] }));
      assert.deepEqual([answer.filtersApplied, answer.schema.map((field) => field.name)], [true, ['session_id']]);
      return answer.rows.map((row) => row.values[0]);
    });
    const picked = (holds) => whole.rows.filter((row) => (row.values[1] === value) === holds).map((row) => row.values[0]);
    assert.deepEqual([ins, outs], [picked(true), picked(false)]);
  });
}

test('a filter that the server cannot apply leaves its field and all rows in', () => {
  const fields = [{ name: 'session_id' }, { name: 'status', forFilterOnly: true }];
  const filter = { fieldName: 'status', values: ['('], type: 'INCLUDE', operator: 'REGEXP_EXACT_MATCH' };
  const answer = signedIn().getData(requestOf('sessions', [], { fields, dimensionsFilters: [[filter]] }));
  assert.deepEqual([answer.filtersApplied, answer.schema.length], [false, 2]);
  assert.equal(answer.rows.length, signedIn().getData(requestOf('sessions', ['status'])).rows.length);
});

test('the summary counts the sessions that there are', () => {
  const rows = signedIn().getData(requestOf('sessions', ['session_id'])).rows.length;
  const summary = signedIn().getData(requestOf('summary', ['status', 'sessions']));
  assert.equal(summary.rows.reduce((sum, row) => sum + Number(row.values[1]), 0), rows);
});

test('a blank report type means sessions', () => {
  const fields = ['session_id', 'status'];
  const blank = requestOf('sessions', fields, { configParams: {} });
  assert.deepEqual(signedIn().getData(blank), signedIn().getData(requestOf('sessions', fields)));
});

for (const [name, request, words] of [
  ['an unknown field', requestOf('sessions', ['no_such_field']), /^Relatório: .*no_such_field.*Código do pedido: /],
  ['an unknown report type', requestOf('no_such_type', ['status']), /^Relatório: .*no_such_type.*Código do pedido: /],
  ['a range that ends before it starts', requestOf('sessions', ['status'], {
    dateRange: { startDate: '2026-10-02', endDate: '2026-10-01' },
  }), /^Período: .*Código do pedido: /],
]) {
  test(`${name} is an error that says so`, () => {
    assert.match(userErrorOf(() => signedIn().getData(request)).text, words);
  });
}

for (const [kind, tokens] of [['forged', [`${TOKEN}x`, 'forged']], ['revoked', (REVOKED || '').split(',').filter(Boolean)]]) {
  for (const [at, token] of tokens.entries()) {
    test(`a ${kind} token does not sign in, and a chart asks for another (${at + 1})`, () => {
      const kept = JSON.stringify({ url: STACK, token });
      const connector = loadConnector({ script: { PREMIUM_URL: STACK }, user: { 'premium.credentials': kept } });
      assert.deepEqual(connector.setCredentials({ key: token }), { errorCode: 'INVALID_CREDENTIALS' });
      assert.equal(connector.isAuthValid(), false);
      const { text, debugText } = userErrorOf(() => connector.getData(requestOf('sessions', ['status'])));
      assert.match(text, /^Acesso: o token foi recusado.*Código do pedido: /);
      assert.ok(!(text + debugText).includes(token));
    });
  }
}
