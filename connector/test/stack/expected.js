/** The charts of posted sessions: what each has to show, computed without the stack. */
const assert = require('node:assert/strict');
const { aggregated, grouped } = require('../studio/aggregate.js');
const { passes } = require('../studio/filters.js');
const { evaluated } = require('../studio/formula.js');
const { rowsOf, valueOf, within } = require('./direct.js');

/**
 * A report type over sessions; each value is worked out once.
 * @param {string} type
 * @param {Array<Object>} schema
 * @param {Array<Object>} sessions As posted.
 * @return {Object} `schema`, `column(id)`: all values of a field, and `rows(chart)`: dimensions, then metrics.
 */
function reportOver(type, schema, sessions) {
  const rows = rowsOf(type, sessions);
  const columns = {};
  const fieldOf = (id) => schema.find((field) => field.name === id) || assert.fail(`${id} is no field of ${type}`);
  const column = (id) => {
    columns[id] = columns[id] || rows.map((row) => valueOf(type, fieldOf(id), row));
    return columns[id];
  };
  // A sum over nothing is 0 in a summary.
  const zero = (id) => (type === 'summary' && fieldOf(id).semantics.conceptType === 'METRIC' ? [0] : []);
  const chartRows = (chart) => {
    const inPeriod = within(chart.configParams.date_field || 'created_at', chart.dateRange);
    const holds = (at) => inPeriod(rows[at].session) && passes(chart.filters, (id) => column(id)[at], fieldOf);
    return grouped([...rows.keys()].filter(holds), chart.dimensions, (at, id) => column(id)[at]).map((group) => {
      const valuesOf = (id) => [...zero(id), ...group.rows.map((at) => column(id)[at])];
      const metrics = chart.metrics.map(({ field, aggregation }) => (fieldOf(field).formula
        ? evaluated(fieldOf(field).formula, valuesOf) : aggregated(aggregation, valuesOf(field))));
      return [...group.key, ...metrics];
    });
  };
  return { schema, column, rows: chartRows };
}

/** Sums of fractions depend on their order in the last digits. */
function rounded(value) {
  return typeof value === 'number' ? Number(value.toPrecision(9)) : value;
}

/** Says of two long tables only where they first differ. A total of nothing may be shown as nothing or as 0. */
function assertSame(actual, expected) {
  const nothing = (rows) => rows.length === 1 && rows[0].every((value) => value === null || value === 0);
  if (nothing(actual) && nothing(expected)) return;
  const [left, right] = [actual, expected].map((rows) => rows.map((row) => JSON.stringify(row.map(rounded))).sort());
  const at = right.findIndex((row, index) => row !== left[index]);
  if (at >= 0 || left.length !== right.length) {
    assert.fail(`${left.length} rows for ${right.length}; first\n${left[Math.max(at, 0)]} for\n${right[Math.max(at, 0)]}`);
  }
}

module.exports = { assertSame, reportOver };
