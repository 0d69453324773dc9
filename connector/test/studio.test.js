/** The simulator has to be as strict as Data Studio, or what passes it proves nothing. */
const assert = require('node:assert/strict');
const { test } = require('node:test');
const { aggregated } = require('./studio/aggregate.js');
const { draw, requests } = require('./studio/chart.js');
const { checkConfig, checkData, checkSchema } = require('./studio/checks.js');
const { passes } = require('./studio/filters.js');
const { faultOf } = require('./studio/formats.js');
const { evaluated } = require('./studio/formula.js');

function dimension(name, semanticType = 'TEXT', dataType = 'STRING') {
  return { name, label: name, group: 'g', dataType, semantics: { conceptType: 'DIMENSION', semanticType } };
}

function metric(name, more = { defaultAggregationType: 'SUM' }) {
  return { name, label: name, group: 'g', dataType: 'NUMBER', semantics: { conceptType: 'METRIC', semanticType: 'NUMBER' }, ...more };
}

const SCHEMA = [dimension('team'), dimension('day', 'YEAR_MONTH_DAY'), dimension('open', 'BOOLEAN', 'BOOLEAN'), metric('a'), metric('b'),
  metric('ratio', { formula: 'SUM($a)/SUM($b)' })];
const ROWS = [['x', '20261001', true, 1, '2'], ['x', '20261002', false, 3, null], [null, '20261002', null, null, '4']];
const field = (name) => SCHEMA.find((each) => each.name === name);

/** A connector that answers as the server does, but for what `change` does to it. */
function connector(applies, change = (answer) => answer) {
  const getData = (request) => {
    const shown = request.fields.filter((each) => !(applies && each.forFilterOnly)).map((each) => each.name);
    const at = (name) => SCHEMA.findIndex((each) => each.name === name);
    const kept = ROWS.filter((row) => !applies || passes(request.dimensionsFilters || [], (name) => row[at(name)], field));
    const schema = shown.map((name) => ({ name, dataType: field(name).dataType }));
    return change({ schema, rows: kept.map((row) => ({ values: shown.map((name) => row[at(name)]) })), filtersApplied: applies }, request);
  };
  return { getData };
}

const chart = (more) => ({ configParams: {}, dateRange: {}, dimensions: ['team'], metrics: [{ field: 'a', aggregation: 'SUM' }], filters: [], ...more });
const only = (fieldName, values, operator = 'EQUALS', type = 'INCLUDE') => [[{ fieldName, values, operator, type }]];

test('a chart is the same whether the server or Data Studio applies its filters', () => {
  const asked = chart({ metrics: [{ field: 'ratio' }, { field: 'a', aggregation: 'AVG' }], filters: only('day', ['20261002']) });
  const rows = [['x', null, 3], [null, 0, null]];
  assert.deepEqual(draw(connector(true), SCHEMA, asked).map((row) => [row[0], row[2]]), rows.map((row) => [row[0], row[2]]));
  assert.deepEqual(draw(connector(false), SCHEMA, asked), draw(connector(true), SCHEMA, asked));
});

test('a table of many fields is asked for twenty at a time, its filters each time', () => {
  const names = Array.from({ length: 45 }, (_, at) => `f${at}`);
  const asked = requests(names.map((name) => dimension(name)), chart({ dimensions: names, metrics: [], filters: only('f99', ['1']) }));
  assert.deepEqual(asked.map((request) => request.fields.length), [20, 20, 8]);
  for (const request of asked) assert.deepEqual(request.fields.at(-1), { name: 'f99', forFilterOnly: true });
  assert.deepEqual(asked.flatMap((request) => request.fields.slice(0, -1).map((each) => each.name)), names);
});

test('parts of a table that do not have the same rows are turned down', () => {
  const wide = [...Array.from({ length: 20 }, (_, at) => dimension(`f${at}`)), dimension('last')];
  const answer = (count) => (request) => ({
    schema: request.fields.map(({ name }) => ({ name, dataType: 'STRING' })),
    rows: Array.from({ length: request.fields.length === 1 ? count : 3 }, () => ({ values: request.fields.map(() => 'x') })),
    filtersApplied: true,
  });
  const asked = chart({ dimensions: wide.map((each) => each.name), metrics: [] });
  assert.equal(draw({ getData: answer(3) }, wide, asked).length, 1);
  assert.throws(() => draw({ getData: answer(2) }, wide, asked), /the same rows/);
});

const WRONG = {
  'a member that is not of an answer': (answer) => ({ ...answer, cursor: null }),
  'a field too many': (answer) => ({ ...answer, schema: [...answer.schema, { name: 'b', dataType: 'NUMBER' }] }),
  'fields in another order': (answer) => ({ ...answer, schema: [...answer.schema].reverse() }),
  'another data type': (answer) => ({ ...answer, schema: answer.schema.map((each) => ({ ...each, dataType: 'STRING' })) }),
  'a row too short': (answer) => ({ ...answer, rows: [{ values: ['x'] }] }),
  'an empty text': (answer) => ({ ...answer, rows: [{ values: ['', 1] }] }),
  'a text for a number': (answer) => ({ ...answer, rows: [{ values: ['x', 'one'] }] }),
  'filtersApplied that is no boolean': (answer) => ({ ...answer, filtersApplied: [] }),
};
for (const [name, change] of Object.entries(WRONG)) {
  test(`an answer with ${name} is turned down`, () => {
    assert.equal(draw(connector(true), SCHEMA, chart()).length, 2);
    assert.throws(() => draw(connector(true, change), SCHEMA, chart()));
  });
}

test('a field for filters only is left out exactly when filters are applied', () => {
  const request = { fields: [{ name: 'a' }, { name: 'team', forFilterOnly: true }] };
  const answer = (filtersApplied, names) => ({
    schema: names.map((name) => ({ name, dataType: field(name).dataType })), rows: [], filtersApplied,
  });
  checkData(request, answer(true, ['a']), SCHEMA);
  checkData(request, answer(false, ['a', 'team']), SCHEMA);
  assert.throws(() => checkData(request, answer(true, ['a', 'team']), SCHEMA));
  assert.throws(() => checkData(request, answer(false, ['a']), SCHEMA));
});

test('more than a million rows, or 50 MB, are turned down', () => {
  const answer = (rows) => ({ schema: [{ name: 'team', dataType: 'STRING' }], rows, filtersApplied: true });
  const request = { fields: [{ name: 'team' }] };
  const row = { values: ['x'] };
  checkData(request, answer(Array(1000000).fill(row)), SCHEMA);
  assert.throws(() => checkData(request, answer(Array(1000001).fill(row)), SCHEMA), /1000001 rows/);
  const large = { values: ['x'.repeat(1024 * 1024)] };
  assert.throws(() => checkData(request, answer(Array(51).fill(large)), SCHEMA), /bytes/);
});

const FIELDS = {
  'an id with a dash': dimension('a-b'),
  'no group': { ...dimension('c'), group: '' },
  'an unknown semantic type': dimension('c', 'WORD'),
  'a data type that is not its semantic type\'s': dimension('c', 'DURATION', 'STRING'),
  'a formula and hidden': metric('c', { formula: 'SUM($a)', isHidden: true }),
  'a formula of an unknown field': metric('c', { formula: 'SUM($z)' }),
  'a formula that cannot be read': metric('c', { formula: 'a+b' }),
  'a formula and an aggregation': metric('c', { formula: 'SUM($a)', defaultAggregationType: 'SUM' }),
  'an aggregation though it may not be aggregated': { ...metric('c'), semantics: { ...metric('c').semantics, isReaggregatable: false } },
  'the name of another': metric('a'),
};
for (const [name, wrong] of Object.entries(FIELDS)) {
  test(`a schema with a field that has ${name} is turned down`, () => {
    checkSchema(SCHEMA);
    assert.throws(() => checkSchema([...SCHEMA, wrong]));
  });
}

test('a second default metric is turned down', () => {
  checkSchema([...SCHEMA, metric('c', { isDefault: true })]);
  assert.throws(() => checkSchema([...SCHEMA, metric('c', { isDefault: true }), metric('d', { isDefault: true })]), /default METRIC/);
});

test('a form with an option value of two words is turned down', () => {
  const form = (value) => ({
    configParams: [{
      name: 'q', displayName: 'q', helpText: 'q', type: 'SELECT_SINGLE', parameterControl: { allowOverride: false }, options: [{ label: 'x', value }],
    }],
    dateRangeRequired: true,
    isSteppedConfig: false,
  });
  checkConfig(form('one'));
  for (const value of ['', 'two words', 'a,b']) assert.throws(() => checkConfig(form(value)));
});

test('values have the format of their semantic type', () => {
  const right = { YEAR: '2026', YEAR_QUARTER: '20264', YEAR_MONTH: '202612', YEAR_WEEK: '202653', YEAR_MONTH_DAY: '20261231',
    YEAR_MONTH_DAY_HOUR: '2026123123', YEAR_MONTH_DAY_MINUTE: '202612312359', YEAR_MONTH_DAY_SECOND: '20261231235959', QUARTER: '4', MONTH: '12', WEEK: '53',
    MONTH_DAY: '1231', DAY_OF_WEEK: '6', DAY: '31', HOUR: '23', MINUTE: '59', DURATION: 1.5, NUMBER: '-1.5', BOOLEAN: false, URL: 'https://a/b', TEXT: ' ' };
  const wrong = { YEAR: '26', YEAR_QUARTER: '20265', YEAR_MONTH: '202613', YEAR_WEEK: '202654', YEAR_MONTH_DAY: '2026-12-31',
    YEAR_MONTH_DAY_HOUR: '2026123124', YEAR_MONTH_DAY_MINUTE: '202612312360', YEAR_MONTH_DAY_SECOND: 20261231235959, QUARTER: '5', MONTH: '0', WEEK: '1',
    MONTH_DAY: '1301', DAY_OF_WEEK: '7', DAY: '32', HOUR: '24', MINUTE: '60', DURATION: '00:01', NUMBER: true, BOOLEAN: 'false', URL: 'a/b', TEXT: 1 };
  for (const [type, value] of Object.entries(right)) assert.equal(faultOf(type, value), '', type);
  for (const [type, value] of Object.entries(wrong)) assert.notEqual(faultOf(type, value), '', type);
});

test('aggregations leave nulls out', () => {
  const all = (values) => ['SUM', 'AVG', 'COUNT', 'COUNT_DISTINCT', 'MIN', 'MAX'].map((each) => aggregated(each, values));
  assert.deepEqual(all([3, null, 1, 3, 5]), [12, 3, 4, 3, 1, 5]);
  assert.deepEqual(all([null]), [null, null, 0, 0, null, null]);
  assert.deepEqual(['COUNT_DISTINCT', 'MIN', 'MAX'].map((each) => aggregated(each, ['b', 'a', 'b'])), [2, 'a', 'b']);
});

test('formulas are aggregated first and divided then, by nothing never', () => {
  const values = { a: [1, 3, null], b: [2, null, 6], c: [null] };
  assert.equal(evaluated('SUM($a)/SUM($b)', (id) => values[id]), 0.5);
  assert.equal(evaluated('COUNT_DISTINCT($a)', (id) => values[id]), 2);
  assert.equal(evaluated('SUM($a)/SUM($c)', (id) => values[id]), null);
});

test('each operator holds for what it says, and EXCLUDE for all else', () => {
  const schema = { t: dimension('t'), n: metric('n'), d: dimension('d', 'YEAR_MONTH_DAY_SECOND'), o: dimension('o', 'BOOLEAN', 'BOOLEAN') };
  const cases = [
    ['t', 'Ab', 'EQUALS', ['x', 'Ab']], ['t', 'Ab', 'IN_LIST', ['Ab']], ['t', 'Ab', 'CONTAINS', ['b']], ['t', 'Ab', 'REGEXP_PARTIAL_MATCH', ['b$']],
    ['t', 'Ab', 'REGEXP_EXACT_MATCH', ['(?i)aB|c']], ['t', null, 'IS_NULL', []], ['n', 5, 'BETWEEN', ['5', '6']], ['n', 5, 'NUMERIC_GREATER_THAN', ['4.5']],
    ['n', 5, 'NUMERIC_GREATER_THAN_OR_EQUAL', ['5']], ['n', 5, 'NUMERIC_LESS_THAN', ['10']], ['n', 5, 'NUMERIC_LESS_THAN_OR_EQUAL', ['5']],
    ['n', 5, 'EQUALS', ['5.0']], ['d', '20261003120000', 'BETWEEN', ['20261001', '20261003']], ['d', '20261003120000', 'EQUALS', ['20261003']], ['o', true, 'EQUALS', ['true']],
  ];
  const others = { t: 'B', n: 12, d: '20261004000000', o: false };
  const holds = (name, value, operator, values, type) => passes(only(name, values, operator, type), () => value, () => schema[name]);
  for (const [name, value, operator, values] of cases) {
    const other = operator === 'NUMERIC_GREATER_THAN' || operator === 'NUMERIC_GREATER_THAN_OR_EQUAL' ? 1 : others[name];
    assert.deepEqual(['INCLUDE', 'EXCLUDE'].map((type) => holds(name, value, operator, values, type)), [true, false], operator);
    assert.deepEqual(['INCLUDE', 'EXCLUDE'].map((type) => holds(name, other, operator, values, type)), [false, true], operator);
  }
});
