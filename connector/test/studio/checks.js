/** What Data Studio accepts: each check throws with the reason for which it would turn an answer down. */
const assert = require('node:assert/strict');
const { DATA_TYPES, faultOf } = require('./formats.js');
const { parsed } = require('./formula.js');

const AGGREGATIONS = ['AVG', 'COUNT', 'COUNT_DISTINCT', 'MAX', 'MIN', 'SUM', 'NONE', 'AUTO'];
const MAX_ROWS = 1000000;
const MAX_BYTES = 50 * 1024 * 1024;

/** @param {Object} config An answer of getConfig. */
function checkConfig(config) {
  assert.deepEqual(Object.keys(config).sort(), ['configParams', 'dateRangeRequired', 'isSteppedConfig']);
  const names = config.configParams.map((question) => question.name);
  assert.equal(new Set(names).size, names.length, 'names are unique');
  for (const question of config.configParams) {
    assert.match(question.name, /^\w+$/);
    assert.ok(question.displayName && question.helpText, `${question.name} has words`);
    assert.equal(question.type, 'SELECT_SINGLE');
    assert.equal(question.parameterControl.allowOverride, false, `${question.name} decides the schema or its meaning`);
    for (const option of question.options) {
      assert.ok(option.label, `an option of ${question.name} has a label`);
      assert.match(option.value, /^[^\s,]+$/);
    }
  }
}

/** @param {Array<Object>} schema An answer of getSchema. */
function checkSchema(schema) {
  assert.ok(schema.length > 0, 'there are fields');
  assert.equal(new Set(schema.map((field) => field.name)).size, schema.length, 'names are unique');
  for (const field of schema) checkField(field);
  for (const field of schema.filter((each) => each.formula)) checkFormula(field, schema);
  for (const concept of ['DIMENSION', 'METRIC']) {
    const defaults = schema.filter((field) => field.isDefault && field.semantics.conceptType === concept);
    assert.ok(defaults.length <= 1, `at most one default ${concept}`);
  }
}

function checkField(field) {
  const { name, label, dataType, semantics, formula } = field;
  const aggregation = field.defaultAggregationType;
  assert.match(name, /^[A-Za-z0-9_]+$/);
  assert.ok(label, `${name} has a label`);
  assert.ok(field.group, `${name} has a group`);
  assert.ok(['DIMENSION', 'METRIC'].includes(semantics.conceptType), `${name} has a concept`);
  assert.ok(semantics.semanticType in DATA_TYPES, `${name} has a semantic type, not ${semantics.semanticType}`);
  assert.equal(dataType, DATA_TYPES[semantics.semanticType], `${name} has the data type of its semantic type`);
  assert.ok(!(formula && field.isHidden), `${name}: a formula field cannot be hidden`);
  assert.ok(!(formula && aggregation), `${name} has a formula and an aggregation`);
  assert.ok(aggregation === undefined || AGGREGATIONS.includes(aggregation), `${name} aggregates by ${aggregation}`);
  assert.ok(!(aggregation && semantics.isReaggregatable === false), `${name} is aggregated, and may not be`);
}

/** A formula that Data Studio cannot read makes the field disappear without a word. */
function checkFormula(field, schema) {
  for (const { id } of parsed(field.formula)) {
    const base = schema.find((each) => each.name === id);
    assert.ok(base && !base.formula, `${field.name} refers to $${id}`);
  }
}

/**
 * @param {Object} request What getData was asked.
 * @param {Object} response What it answered.
 * @param {Array<Object>} schema The fields of the report type.
 */
function checkData(request, response, schema) {
  assert.deepEqual(Object.keys(response).sort(), ['filtersApplied', 'rows', 'schema']);
  assert.equal(typeof response.filtersApplied, 'boolean');
  const asked = request.fields.filter((field) => !(response.filtersApplied && field.forFilterOnly));
  assert.deepEqual(response.schema.map((field) => field.name), asked.map((field) => field.name));
  assert.ok(response.rows.length <= MAX_ROWS, `${response.rows.length} rows`);
  const bytes = Buffer.byteLength(JSON.stringify(response));
  assert.ok(bytes <= MAX_BYTES, `${bytes} bytes`);
  const fields = response.schema.map(({ name }) => schema.find((field) => field.name === name));
  response.schema.forEach(({ name, dataType }, at) => assert.equal(dataType, fields[at].dataType, name));
  for (const { values } of response.rows) {
    assert.equal(values.length, fields.length, 'a value for each field');
    values.forEach((value, at) => {
      const fault = value === null ? '' : faultOf(fields[at].semantics.semanticType, value);
      if (fault) assert.fail(`${fields[at].name}: ${JSON.stringify(value)} ${fault}`);
    });
  }
}

module.exports = { checkConfig, checkData, checkSchema };
