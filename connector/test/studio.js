/** What Data Studio accepts: each check throws with the reason it would turn an answer down. */
const assert = require('node:assert/strict');

const FORMATS = {
  YEAR: /^\d{4}$/,
  YEAR_QUARTER: /^\d{4}[1-4]$/,
  YEAR_MONTH: /^\d{4}(0[1-9]|1[0-2])$/,
  YEAR_WEEK: /^\d{4}(0[1-9]|[1-4]\d|5[0-3])$/,
  YEAR_MONTH_DAY: /^\d{4}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$/,
  YEAR_MONTH_DAY_HOUR: /^\d{10}$/,
  YEAR_MONTH_DAY_MINUTE: /^\d{12}$/,
  YEAR_MONTH_DAY_SECOND: /^\d{8}([01]\d|2[0-3])([0-5]\d){2}$/,
  DAY_OF_WEEK: /^[0-6]$/,
  HOUR: /^([01]\d|2[0-3])$/,
  URL: /^https?:\/\//,
};
const ANY_TEXT = ['TEXT', 'QUARTER', 'MONTH', 'WEEK', 'MONTH_DAY', 'DAY', 'MINUTE'];
const NUMERIC = ['NUMBER', 'PERCENT', 'DURATION'];
const FORMULA_ONLY = ['HYPERLINK', 'IMAGE', 'IMAGE_LINK'];
const AGGREGATIONS = ['AVG', 'COUNT', 'COUNT_DISTINCT', 'MAX', 'MIN', 'SUM', 'NONE', 'AUTO'];

/** @param {Object} config An answer of getConfig. */
function checkConfig(config) {
  assert.deepEqual(Object.keys(config).sort(), ['configParams', 'dateRangeRequired', 'isSteppedConfig']);
  for (const question of config.configParams) {
    assert.match(question.name, /^\w+$/);
    assert.ok(question.displayName && question.helpText, `${question.name} has words`);
    assert.equal(question.type, 'SELECT_SINGLE');
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
  for (const concept of ['DIMENSION', 'METRIC']) {
    const defaults = schema.filter((field) => field.isDefault && field.semantics.conceptType === concept);
    assert.ok(defaults.length <= 1, `at most one default ${concept}`);
  }
}

function checkField(field) {
  const { name, label, dataType, semantics, formula } = field;
  assert.match(name, /^\w+$/);
  assert.ok(label, `${name} has a label`);
  assert.ok(['STRING', 'NUMBER', 'BOOLEAN'].includes(dataType), `${name} has a data type`);
  assert.ok(['DIMENSION', 'METRIC'].includes(semantics.conceptType), `${name} has a concept`);
  const known = semantics.semanticType in FORMATS
    || [...ANY_TEXT, ...NUMERIC, ...FORMULA_ONLY, 'BOOLEAN'].includes(semantics.semanticType);
  assert.ok(known, `${name} has a semantic type, not ${semantics.semanticType}`);
  assert.ok(field.group, `${name} has a group`);
  assert.ok(!(formula && field.isHidden), `${name}: a formula field cannot be hidden`);
  assert.ok(formula || !FORMULA_ONLY.includes(semantics.semanticType), `${name} has a formula`);
  const aggregation = field.defaultAggregationType;
  assert.ok(aggregation === undefined || AGGREGATIONS.includes(aggregation), `${name} aggregates by ${aggregation}`);
  assert.ok(!(aggregation && aggregation !== 'AUTO' && semantics.isReaggregatable === false), `${name} is aggregated`);
}

/**
 * @param {Object} request What getData was asked.
 * @param {Object} response What it answered.
 * @param {Array<Object>} schema The fields of the report type.
 */
function checkData(request, response, schema) {
  assert.deepEqual(Object.keys(response).sort(), ['filtersApplied', 'rows', 'schema']);
  const asked = request.fields.filter((field) => !(response.filtersApplied && field.forFilterOnly));
  assert.deepEqual(response.schema.map((field) => field.name), asked.map((field) => field.name));
  const fields = response.schema.map(({ name }) => schema.find((field) => field.name === name));
  response.schema.forEach(({ name, dataType }, at) => assert.equal(dataType, fields[at].dataType, name));
  for (const { values } of response.rows) {
    assert.equal(values.length, fields.length);
    values.forEach((value, at) => checkValue(fields[at], value));
  }
}

function checkValue({ name, dataType, semantics }, value) {
  if (value === null) return;
  assert.notEqual(value, '', `${name}: a missing value is null`);
  if (dataType === 'BOOLEAN') assert.equal(typeof value, 'boolean', name);
  else if (dataType === 'NUMBER') assert.ok(Number.isFinite(Number(value)) && typeof value !== 'boolean', name);
  else assert.equal(typeof value, 'string', name);
  const format = FORMATS[semantics.semanticType];
  if (format) assert.match(String(value), format, name);
}

module.exports = { checkConfig, checkData, checkSchema };
