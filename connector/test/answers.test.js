/** An answer that is not what was asked for is an error that says what is wrong with it, and never wrong rows. */
const assert = require('node:assert/strict');
const { after, before, beforeEach, test } = require('node:test');
const { dataRequest, signedIn, startStage, TOKEN, userErrorOf } = require('./stage.js');

const FIELDS = ['session_id', 'status', 'expired', 'sessions'];
const COLUMNS = [['session_id', 'STRING'], ['status', 'STRING'], ['expired', 'BOOLEAN'], ['sessions', 'NUMBER']];
const ROW = ['s1', 'open', true, 1];

let stage;

before(async () => {
  stage = await startStage();
});
after(() => stage.close());
beforeEach(() => stage.plan({}));

const schemaOf = (columns) => columns.map(([name, dataType]) => ({ name, dataType }));
const paged = (setup) => signedIn(stage.url, { script: { PREMIUM_PAGE_ROWS: '10' }, ...setup });
const rowsOf = (...rows) => rows.map((values) => ({ values }));

/** The error of a chart whose page after `skip` others is changed. */
function errorOf(patch, skip = 0, request = dataRequest(FIELDS)) {
  stage.plan({ faults: [{ path: '/v1/data', skip, times: 1, patch }] });
  const connector = paged();
  const error = userErrorOf(() => connector.getData(request));
  assert.equal(connector.state.fetches.length, skip + 1, 'it is not asked for again');
  return error.text;
}

const OTHER_COLUMNS = [
  ['lacks a field', schemaOf(COLUMNS.slice(0, 3)), 'na coluna 4, pedido sessions, recebido nenhum'],
  ['lacks a field in the middle', schemaOf([COLUMNS[0], COLUMNS[2], COLUMNS[3]]), 'na coluna 2, pedido status, recebido expired'],
  ['has a field more', schemaOf([...COLUMNS, ['agent_name', 'STRING']]), 'na coluna 5, pedido nenhum, recebido agent_name'],
  ['has another order', schemaOf([COLUMNS[1], COLUMNS[0], COLUMNS[2], COLUMNS[3]]), 'na coluna 1, pedido session_id, recebido status'],
  ['has a field without a name', [{}, ...schemaOf(COLUMNS.slice(1))], 'na coluna 1, pedido session_id, recebido nenhum'],
  ['has a field that is none', [null, ...schemaOf(COLUMNS.slice(1))], 'na coluna 1, pedido session_id, recebido nenhum'],
  ['has a data type that Data Studio does not know', schemaOf([['session_id', 'DATE'], ...COLUMNS.slice(1)]),
    'na coluna 1, pedido session_id (STRING, NUMBER, BOOLEAN), recebido session_id (DATE)'],
  ['has no fields', [], 'na coluna 1, pedido session_id, recebido nenhum'],
];
for (const [name, schema, words] of OTHER_COLUMNS) {
  test(`a page that ${name} is an error that says which`, () => {
    const rows = rowsOf(schema.map(() => null));
    for (const skip of [0, 1]) {
      const text = errorOf({ schema, rows }, skip);
      assert.ok(text.startsWith('Servidor: as colunas da resposta não são as pedidas'), text);
      assert.ok(text.includes(words), text);
      assert.match(text, /\(Código do pedido: req-\d+\)$/);
    }
  });
}

test('fields for filters only are columns exactly where filters were not applied', () => {
  const fields = ['session_id', { name: 'status', forFilterOnly: true }];
  const request = dataRequest(fields, { dimensionsFilters: [[{ fieldName: 'status', values: ['open'], type: 'INCLUDE', operator: 'EQUALS' }]] });
  assert.match(errorOf({ filtersApplied: false }, 0, request), /na coluna 2, pedido status, recebido nenhum/);
  const both = schemaOf(COLUMNS.slice(0, 2));
  assert.match(errorOf({ schema: both, rows: rowsOf(['s1', 'open']) }, 0, request), /na coluna 2, pedido nenhum, recebido status/);
});

const OTHER_ROWS = [
  ['a row that is too short', ROW.slice(1), 'a linha 2 da resposta não tem um valor por coluna (valores: 3; colunas: 4)'],
  ['a row that is too long', [...ROW, 'x'], 'a linha 2 da resposta não tem um valor por coluna (valores: 5; colunas: 4)'],
  ['a row without values', null, 'a linha 2 da resposta não tem um valor por coluna (valores: 0; colunas: 4)'],
  ['a number in a text field', [1, 'open', true, 1], 'na linha 2 da resposta, o campo session_id devia ser STRING e veio NUMBER'],
  ['a text in a boolean field', ['s1', 'open', 'true', 1], 'na linha 2 da resposta, o campo expired devia ser BOOLEAN e veio STRING'],
  ['a text in a number field', ['s1', 'open', true, '1 h'], 'na linha 2 da resposta, o campo sessions devia ser NUMBER e veio STRING'],
  ['an empty text in a number field', ['s1', 'open', true, ''], 'na linha 2 da resposta, o campo sessions devia ser NUMBER e veio STRING'],
  ['a list in a text field', [['s1'], 'open', true, 1], 'na linha 2 da resposta, o campo session_id devia ser STRING e veio OBJECT'],
];
for (const [name, values, words] of OTHER_ROWS) {
  test(`${name} is an error that says where`, () => {
    const text = errorOf({ rows: rowsOf(ROW, values) });
    assert.ok(text.startsWith('Servidor: ') && text.includes(words), text);
    assert.ok(!/1 h|s1/.test(text), 'values are not repeated');
  });
}

test('a row that is none is an error', () => {
  assert.match(errorOf({ rows: [null] }), /a linha 1 da resposta não tem .*valores: 0; colunas: 4/);
});

test('rows are counted over all pages', () => {
  assert.match(errorOf({ rows: rowsOf(ROW.slice(1)) }, 1), /a linha 11 da resposta não tem .*valores: 3; colunas: 4/);
});

test('numbers may come as their text, and nothing fits every field', () => {
  const rows = rowsOf([null, null, null, null], ['', 'open', false, '-12.5e3']);
  stage.plan({ rows: 2, faults: [{ path: '/v1/data', patch: { rows } }] });
  assert.deepEqual(signedIn(stage.url).getData(dataRequest(FIELDS)).rows, rows);
});

test('pages that differ say in what', () => {
  assert.match(errorOf({ filtersApplied: false }, 1), /páginas .*\(filtersApplied\)/);
  assert.match(errorOf({ nextCursor: 7 }, 1), /páginas .*\(nextCursor\)/);
  const other = schemaOf([COLUMNS[0], ['status', 'NUMBER'], COLUMNS[2], COLUMNS[3]]);
  assert.match(errorOf({ schema: other, rows: [] }, 1), /páginas .*\(schema\)/);
});

for (const member of ['schema', 'rows', 'filtersApplied']) {
  test(`an answer without ${member} says so`, () => {
    assert.match(errorOf({ [member]: null }), new RegExp(`não é do Premium Report: "${member}" falta ou tem outro formato \\(HTTP 200\\)`));
  });
}

test('a count of rows that is no number harms nothing', () => {
  stage.plan({ faults: [{ path: '/v1/data', patch: { totalRows: 'many' } }] });
  assert.equal(signedIn(stage.url).getData(dataRequest(FIELDS)).rows.length, 25);
});

const PAGES = [
  ['a page of a proxy', '<html><title>Sign in</title></html>', 'text/html; charset=utf-8', /não é do Premium Report \(HTTP 200, Content-Type: text\/html\)/],
  ['JSON that was cut', '{"schema":[{"na', 'application/json', /não é do Premium Report \(HTTP 200, Content-Type: application\/json\)/],
  ['a list', '[]', 'application/json', /não é do Premium Report \(HTTP 200, Content-Type: application\/json\)/],
  ['a page that names no type', 'hello', '', /não é do Premium Report \(HTTP 200, Content-Type: nenhum\)/],
  ['a type that is none', 'hello', `${TOKEN} <b>`, /não é do Premium Report \(HTTP 200, Content-Type: nenhum\)/],
  ['a token as a type', 'hello', `text/${TOKEN}`, /não é do Premium Report \(HTTP 200, Content-Type: nenhum\)/],
  ['no body', '', 'application/json', /respondeu sem conteúdo \(HTTP 200\)/],
  ['a blank body', ' \n', 'text/html', /respondeu sem conteúdo \(HTTP 200\)/],
];
for (const [name, body, type, words] of PAGES) {
  test(`${name} instead of rows is an error that says what came`, () => {
    stage.plan({ faults: [{ path: '/v1/data', skip: 1, status: 200, body, headers: { 'Content-Type': type } }] });
    const connector = paged();
    const { text } = userErrorOf(() => connector.getData(dataRequest(FIELDS)));
    assert.match(text, words);
    assert.doesNotMatch(text, /<|Sign in/);
    assert.equal(connector.state.fetches.length, 2);
  });
}

test('204 is an answer without content', () => {
  stage.plan({ faults: [{ path: '/v1/data', status: 204, body: '' }] });
  assert.match(userErrorOf(() => paged().getData(dataRequest(FIELDS))).text, /^Servidor: .*sem conteúdo \(HTTP 204\)/);
});

test('a token in the columns of an answer is not repeated', () => {
  assert.doesNotMatch(errorOf({ schema: schemaOf([[TOKEN, 'STRING'], ['x', TOKEN]]) }), new RegExp(TOKEN));
  assert.doesNotMatch(errorOf({ schema: schemaOf([['session_id', TOKEN], ...COLUMNS.slice(1)]) }), new RegExp(TOKEN));
});

const OTHER_FIELDS = [
  ['is empty', [], 'schema'],
  ['has a field that is none', [null], 'schema[0]'],
  ['has a field without a name', [{ label: 'x', dataType: 'STRING', semantics: {} }], 'schema[0].name'],
  ['has a name that Data Studio does not take', [{ name: 'a b', label: 'x', dataType: 'STRING', semantics: {} }], 'schema[0].name'],
  ['has a name twice', [0, 1].map(() => ({ name: 'a', label: 'x', dataType: 'STRING', semantics: {} })), 'schema[1].name'],
  ['has a data type that Data Studio does not know', [{ name: 'a', label: 'x', dataType: 'DATE', semantics: {} }], 'schema[0].dataType'],
  ['lacks a label', [{ name: 'a', dataType: 'STRING', semantics: {} }], 'schema[0].label'],
  ['lacks semantics', [{ name: 'a', label: 'x', dataType: 'STRING' }], 'schema[0].semantics'],
];
for (const [name, schema, member] of OTHER_FIELDS) {
  test(`a schema that ${name} is an error that says where`, () => {
    stage.plan({ faults: [{ path: '/v1/schema', status: 200, body: JSON.stringify({ schema }) }] });
    const { text } = userErrorOf(() => signedIn(stage.url).getSchema({}));
    assert.ok(text.includes(`não é do Premium Report: "${member}" falta ou tem outro formato`), text);
  });
}

test('the form opens with the contract\'s types where the server names something else', () => {
  for (const types of [[null], [{ id: 'two words', label: 'x' }], [{ label: 'x' }], [{ id: 'sessions' }, 7]]) {
    stage.plan({ faults: [{ path: '/v1/report-types', status: 200, body: JSON.stringify({ report_types: types }) }] });
    const { options } = signedIn(stage.url).getConfig({ languageCode: 'pt' }).configParams[0];
    assert.deepEqual([options.length, options[0]], [7, { label: 'Sessões', value: 'sessions' }]);
  }
});
