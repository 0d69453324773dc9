/** Random charts: any dimensions, metrics, filters, period and date field that a report type has. */
const { DATES } = require('../studio/formats.js');
const { AT_ONCE, shownFields } = require('../studio/chart.js');

const DATE_FIELDS = ['created_at', 'finished_at', 'lastInteraction'];
const NUMERIC = ['NUMERIC_GREATER_THAN', 'NUMERIC_GREATER_THAN_OR_EQUAL', 'NUMERIC_LESS_THAN', 'NUMERIC_LESS_THAN_OR_EQUAL'];
const EXPRESSIONS = ['REGEXP_PARTIAL_MATCH', 'REGEXP_EXACT_MATCH'];

/**
 * @param {Object} random See chance.js.
 * @param {string} type The report type.
 * @param {Array<Object>} fields Those of the schema that may be used.
 * @param {function(Object): Array} valuesOf All values of a field; filters take theirs from them.
 * @return {Object} As studio/chart.js takes it, without `lastRefresh`.
 */
function randomChart(random, type, fields, valuesOf) {
  const summary = type === 'summary';
  const wide = !summary && random.flip(0.08);
  const dimensions = fields.filter((field) => field.semantics.conceptType === 'DIMENSION');
  const metrics = fields.filter((field) => field.semantics.conceptType === 'METRIC');
  const chosen = random.some(dimensions, wide ? 18 + random.below(25) : random.below(5));
  const counted = random.below(chosen.length === 0 ? 4 : 5) + (chosen.length === 0 ? 1 : 0);
  const chart = {
    configParams: { report_type: type, ...(random.flip(0.7) && { date_field: random.pick(DATE_FIELDS) }) },
    dateRange: period(random),
    dimensions: chosen.map((field) => field.name),
    metrics: Array.from({ length: counted }, () => metric(random, random.flip(0.8) ? metrics : dimensions, summary)),
    filters: filters(random, summary ? dimensions : fields.filter((field) => !field.formula), valuesOf),
  };
  const filtered = chart.filters.flat().map((filter) => filter.fieldName);
  const asked = new Set([...shownFields(fields, chart), ...filtered]);
  return summary && asked.size > AT_ONCE ? randomChart(random, type, fields, valuesOf) : chart;
}

/** Of sessions that were posted within forty days from 2026-09-01 on: much of them, or little. */
function period(random) {
  const day = (at) => new Date(Date.UTC(2026, 8, 1 + at)).toISOString().slice(0, 10);
  const first = random.below(30) - 5;
  return { startDate: day(first), endDate: day(first + (random.flip(0.7) ? 25 + random.below(25) : random.below(3))) };
}

/** The rows of a summary are sums already: adding up, telling apart and formulas are all that is left to do. */
function metric(random, fields, summary) {
  const field = random.pick(fields);
  const name = field.name;
  if (field.formula) return { field: name };
  const dimension = field.semantics.conceptType === 'DIMENSION';
  if (summary) return { field: name, aggregation: dimension ? 'COUNT_DISTINCT' : 'SUM' };
  const all = ['COUNT', 'COUNT_DISTINCT', ...(field.dataType === 'BOOLEAN' ? [] : ['MIN', 'MAX'])];
  return { field: name, aggregation: random.pick(field.dataType === 'NUMBER' ? [...all, 'SUM', 'AVG', 'SUM', 'AVG'] : all) };
}

function filters(random, fields, valuesOf) {
  const count = random.pick([0, 0, 1, 1, 1, 2, 3]);
  const group = () => Array.from({ length: 1 + random.below(2) }, () => filter(random, random.pick(fields), valuesOf));
  return Array.from({ length: count }, group);
}

function filter(random, field, valuesOf) {
  const present = [...new Set(valuesOf(field).filter((value) => value !== null))];
  const { operator, values } = present.length === 0 ? { operator: 'IS_NULL', values: [] } : condition(random, field, present);
  return { fieldName: field.name, values, type: random.flip(0.75) ? 'INCLUDE' : 'EXCLUDE', operator };
}

/** An operator with values; now and then one the server cannot apply to such a field, so that filters are left. */
function condition(random, field, present) {
  if (random.flip(0.06)) return unfit(random, field, present);
  const some = (count) => random.some(present, count).map(String);
  const shared = [
    () => ({ operator: 'EQUALS', values: some(1 + random.below(2)) }),
    () => ({ operator: 'IN_LIST', values: some(1 + random.below(4)) }),
    () => ({ operator: 'IS_NULL', values: [] }),
  ];
  const between = () => ({ operator: 'BETWEEN', values: bounds(random, present) });
  const { semanticType } = field.semantics;
  if (semanticType === 'BOOLEAN') return random.pick(shared)();
  if (field.dataType === 'NUMBER') {
    return random.pick([...shared, between, between, () => ({ operator: random.pick(NUMERIC), values: some(1) })])();
  }
  if (semanticType in DATES) {
    const day = () => ({ operator: random.pick(['EQUALS', 'IN_LIST']), values: some(2).map((value) => value.slice(0, 8)) });
    return random.pick(semanticType === 'YEAR_MONTH_DAY_SECOND' ? [...shared, between, day] : [...shared, between])();
  }
  const contains = () => ({ operator: 'CONTAINS', values: some(1 + random.below(2)).map((text) => part(random, text)) });
  const matches = () => ({ operator: random.pick(EXPRESSIONS), values: [expression(random, some(2))] });
  return random.pick([...shared, contains, contains, matches, matches])();
}

function bounds(random, present) {
  const two = [random.pick(present), random.pick(present)];
  const [from, to] = two.sort((a, b) => (a < b ? -1 : 1));
  return [String(from), random.flip(0.3) && typeof to === 'string' && to.length === 14 ? to.slice(0, 8) : String(to)];
}

function unfit(random, field, present) {
  if (field.dataType === 'NUMBER' || field.semantics.semanticType in DATES) {
    return { operator: random.pick(['CONTAINS', ...EXPRESSIONS]), values: [String(random.pick(present)).slice(0, 2)] };
  }
  if (field.dataType === 'BOOLEAN') return { operator: 'CONTAINS', values: ['r'] };
  return random.pick([
    { operator: random.pick(NUMERIC), values: ['0'] },
    { operator: 'REGEXP_PARTIAL_MATCH', values: [`(?=${escaped(part(random, String(random.pick(present))))})`] },
  ]);
}

function part(random, text) {
  const letters = [...text];
  const from = random.below(letters.length);
  return letters.slice(from, from + 1 + random.below(4)).join('');
}

function expression(random, [text, other = text]) {
  return random.pick([
    `(?i)${escaped(text)}`,
    `^${escaped(part(random, text))}`,
    `${escaped(text)}|${escaped(other)}`,
    `${escaped(part(random, text))}.*`,
    '.*[aeiou]$',
  ]);
}

function escaped(text) {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, (sign) => (sign === '-' ? '\\x2D' : `\\${sign}`));
}

module.exports = { randomChart };
