/** What the filters of a request mean: an AND of ORs, over texts, numbers, booleans and dates. */
const { DATES } = require('./formats.js');

/**
 * @param {Array<Array<Object>>} filters `dimensionsFilters`.
 * @param {function(string): *} valueOf A field's value in the row.
 * @param {function(string): Object} fieldOf A field of the schema.
 * @return {boolean} Whether the row stays.
 */
function passes(filters, valueOf, fieldOf) {
  return filters.every((any) => any.some((filter) => {
    const holds = test(filter, valueOf(filter.fieldName), fieldOf(filter.fieldName));
    return holds === (filter.type === 'INCLUDE');
  }));
}

function test({ operator, values }, value, field) {
  if (operator === 'IS_NULL') return value === null;
  if (value === null) return false;
  const is = (wanted) => equal(value, wanted, field);
  switch (operator) {
    case 'EQUALS':
    case 'IN_LIST':
      return values.some(is);
    case 'CONTAINS':
      return values.some((part) => String(value).includes(part));
    case 'REGEXP_PARTIAL_MATCH':
      return pattern(values[0]).test(String(value));
    case 'REGEXP_EXACT_MATCH':
      return pattern(values[0], (body) => `^(?:${body})$`).test(String(value));
    case 'BETWEEN':
      return between(value, values, field);
    case 'NUMERIC_GREATER_THAN':
      return Number(value) > Number(values[0]);
    case 'NUMERIC_GREATER_THAN_OR_EQUAL':
      return Number(value) >= Number(values[0]);
    case 'NUMERIC_LESS_THAN':
      return Number(value) < Number(values[0]);
    case 'NUMERIC_LESS_THAN_OR_EQUAL':
      return Number(value) <= Number(values[0]);
    default:
      throw new Error(`${operator} is no operator`);
  }
}

/** Eight digits name a day, of whatever precision the field is. */
function equal(value, wanted, field) {
  if (field.dataType === 'NUMBER') return Number(value) === Number(wanted);
  if (field.dataType === 'BOOLEAN') return String(value) === wanted;
  return isDate(field) && wanted.length === 8 ? value.startsWith(wanted) : value === wanted;
}

function between(value, [from, to], field) {
  if (field.dataType === 'NUMBER') return Number(value) >= Number(from) && Number(value) <= Number(to);
  return value >= from && (value <= to || (isDate(field) && value.startsWith(to)));
}

function isDate(field) {
  return field.semantics.semanticType in DATES;
}

/** Expressions are RE2's, which may begin with flags. */
function pattern(text, around = (body) => body) {
  const [, insensitive, body] = /^(\(\?i\))?([^]*)$/.exec(text);
  return new RegExp(around(body), insensitive ? 'iu' : 'u');
}

module.exports = { passes };
