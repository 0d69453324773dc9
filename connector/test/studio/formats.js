/** How Data Studio writes values: a pattern for each semantic type that has a format of its own. */

const YEAR = '\\d{4}';
const MONTH = '(0[1-9]|1[0-2])';
const DAY = '(0[1-9]|[12]\\d|3[01])';
const WEEK = '(0[1-9]|[1-4]\\d|5[0-3])';
const HOUR = '([01]\\d|2[0-3])';
const SIXTY = '[0-5]\\d';

const whole = (...parts) => new RegExp(`^${parts.join('')}$`);

/** Dates and times are texts of digits. */
const DATES = {
  YEAR: whole(YEAR),
  YEAR_QUARTER: whole(YEAR, '[1-4]'),
  YEAR_MONTH: whole(YEAR, MONTH),
  YEAR_WEEK: whole(YEAR, WEEK),
  YEAR_MONTH_DAY: whole(YEAR, MONTH, DAY),
  YEAR_MONTH_DAY_HOUR: whole(YEAR, MONTH, DAY, HOUR),
  YEAR_MONTH_DAY_MINUTE: whole(YEAR, MONTH, DAY, HOUR, SIXTY),
  YEAR_MONTH_DAY_SECOND: whole(YEAR, MONTH, DAY, HOUR, SIXTY, SIXTY),
  QUARTER: whole('[1-4]'),
  MONTH: whole(MONTH),
  WEEK: whole(WEEK),
  MONTH_DAY: whole(MONTH, DAY),
  DAY_OF_WEEK: whole('[0-6]'),
  DAY: whole(DAY),
  HOUR: whole(HOUR),
  MINUTE: whole(SIXTY),
};

/** The data type that values of a semantic type have. */
const DATA_TYPES = {
  ...Object.fromEntries(Object.keys(DATES).map((type) => [type, 'STRING'])),
  TEXT: 'STRING',
  URL: 'STRING',
  NUMBER: 'NUMBER',
  PERCENT: 'NUMBER',
  DURATION: 'NUMBER',
  BOOLEAN: 'BOOLEAN',
};

/**
 * @param {string} semanticType
 * @param {*} value Not null.
 * @return {string} What is wrong with the value; empty where nothing is.
 */
function faultOf(semanticType, value) {
  const dataType = DATA_TYPES[semanticType];
  if (value === '') return 'a missing value is null';
  if (dataType === 'BOOLEAN') return typeof value === 'boolean' ? '' : 'is no boolean';
  if (dataType === 'NUMBER') {
    const number = typeof value === 'number' || (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value));
    return number ? '' : 'is no number';
  }
  if (typeof value !== 'string') return 'is no text';
  if (semanticType === 'URL') return /^https?:\/\/\S+$/.test(value) ? '' : 'is no address';
  const format = DATES[semanticType];
  return !format || format.test(value) ? '' : `is no ${semanticType}`;
}

module.exports = { DATA_TYPES, DATES, faultOf };
