/**
 * A chart, as Data Studio draws it from a connector: it asks for the fields the chart needs, no more than 20 at a
 * time, checks every answer, joins the columns by the position of the row, applies what filters are left, and
 * aggregates.
 *
 * A chart is `{configParams, dateRange, dimensions: [id], metrics: [{field, aggregation}], filters, lastRefresh}`;
 * the aggregation of a formula field is its formula.
 */
const assert = require('node:assert/strict');
const { aggregated, grouped } = require('./aggregate.js');
const { checkData } = require('./checks.js');
const { passes } = require('./filters.js');
const { evaluated, parsed } = require('./formula.js');

/** The most fields Data Studio asks for at once. */
const AT_ONCE = 20;

/**
 * @param {Object} connector Signed in.
 * @param {Array<Object>} schema What the connector's getSchema answered.
 * @param {Object} chart
 * @return {Array<Array>} The chart's rows: dimensions, then metrics; in no order.
 */
function draw(connector, schema, chart) {
  const fieldOf = (id) => schema.find((field) => field.name === id) || assert.fail(`${id} is no field`);
  const rows = table(connector, schema, chart).filter((row) => passes(row.left, (id) => row.values[id], fieldOf));
  return grouped(rows, chart.dimensions, (row, id) => row.values[id]).map((group) => {
    const valuesOf = (id) => group.rows.map((row) => number(fieldOf(id), row.values[id]));
    const metric = ({ field, aggregation }) => {
      const { formula } = fieldOf(field);
      return formula ? evaluated(formula, valuesOf) : aggregated(aggregation, valuesOf(field));
    };
    return [...group.key, ...chart.metrics.map(metric)];
  });
}

/** Numbers may come as texts. */
function number(field, value) {
  return field.dataType === 'NUMBER' && value !== null ? Number(value) : value;
}

/** The rows as objects, with the filters that are left to apply. */
function table(connector, schema, chart) {
  const parts = requests(schema, chart).map((request) => {
    const response = connector.getData(request);
    checkData(request, response, schema);
    return response;
  });
  const [first] = parts;
  for (const part of parts) {
    assert.equal(part.rows.length, first.rows.length, 'each part of the columns has the same rows');
    assert.equal(part.filtersApplied, first.filtersApplied);
  }
  const left = first.filtersApplied ? [] : chart.filters;
  return first.rows.map((_, at) => {
    const values = {};
    for (const part of parts) part.schema.forEach(({ name }, column) => {
      values[name] = part.rows[at].values[column];
    });
    return { values, left };
  });
}

/**
 * @param {Array<Object>} schema
 * @param {Object} chart
 * @return {Array<Object>} The getData requests of a chart.
 */
function requests(schema, chart) {
  const shown = shownFields(schema, chart);
  const filtered = new Set(chart.filters.flat().map((filter) => filter.fieldName));
  const filterOnly = [...filtered].filter((id) => !shown.includes(id));
  const size = AT_ONCE - filterOnly.length;
  const parts = [];
  for (let at = 0; at < shown.length; at += size) parts.push(shown.slice(at, at + size));
  return parts.map((part) => ({
    configParams: chart.configParams,
    scriptParams: { lastRefresh: chart.lastRefresh },
    dateRange: chart.dateRange,
    fields: [...part.map((name) => ({ name })), ...filterOnly.map((name) => ({ name, forFilterOnly: true }))],
    ...(chart.filters.length > 0 && { dimensionsFilters: chart.filters }),
  }));
}

/** The fields of a chart, each once; in the place of a formula the fields it refers to. */
function shownFields(schema, chart) {
  const bases = chart.metrics.flatMap(({ field }) => {
    const { formula } = schema.find((each) => each.name === field) || {};
    return formula ? parsed(formula).map(({ id }) => id) : [field];
  });
  return [...new Set([...chart.dimensions, ...bases])];
}

module.exports = { AT_ONCE, draw, requests, shownFields };
