/** How Data Studio makes one value of many. Nulls count for nothing. */

const NUMERIC = ['SUM', 'AVG'];

/**
 * @param {string} aggregation
 * @param {Array} values
 * @return {*} Null where there is nothing to aggregate; a count is 0 then.
 */
function aggregated(aggregation, values) {
  const present = values.filter((value) => value !== null && value !== undefined);
  if (aggregation === 'COUNT') return present.length;
  if (aggregation === 'COUNT_DISTINCT') return new Set(present).size;
  if (present.length === 0) return null;
  if (NUMERIC.includes(aggregation)) {
    const sum = present.reduce((total, value) => total + numeric(value), 0);
    return aggregation === 'SUM' ? sum : sum / present.length;
  }
  if (aggregation === 'MIN') return present.reduce((least, value) => (value < least ? value : least));
  if (aggregation === 'MAX') return present.reduce((most, value) => (value > most ? value : most));
  throw new Error(`${aggregation} is no aggregation`);
}

function numeric(value) {
  if (typeof value !== 'number') throw new Error(`${JSON.stringify(value)} cannot be added up`);
  return value;
}

/**
 * @param {Array<T>} rows
 * @param {Array<string>} dimensions
 * @param {function(T, string): *} valueOf A dimension of a row.
 * @return {Array<{key: Array, rows: Array<T>}>} Groups of equal dimensions; without dimensions one of all rows, even of
 *     none.
 * @template T
 */
function grouped(rows, dimensions, valueOf) {
  if (dimensions.length === 0) return [{ key: [], rows }];
  const groups = new Map();
  for (const row of rows) {
    const key = dimensions.map((id) => valueOf(row, id));
    const name = JSON.stringify(key);
    if (!groups.has(name)) groups.set(name, { key, rows: [] });
    groups.get(name).rows.push(row);
  }
  return [...groups.values()];
}

module.exports = { aggregated, grouped };
