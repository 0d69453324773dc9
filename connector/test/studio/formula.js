/** The formulas that a schema may hold: aggregations of fields, one of them or several divided. */
const { aggregated } = require('./aggregate.js');

const TERM = /^(SUM|AVG|MIN|MAX|COUNT|COUNT_DISTINCT)\(\$([A-Za-z0-9_]+)\)$/;

/**
 * @param {string} formula
 * @return {Array<{aggregation: string, id: string}>} The terms, of which each divides what is before it.
 */
function parsed(formula) {
  return formula.split('/').map((text) => {
    const [, aggregation, id] = TERM.exec(text.trim()) || [];
    if (!id) throw new Error(`Data Studio drops a field of the formula ${formula}`);
    return { aggregation, id };
  });
}

/**
 * @param {string} formula
 * @param {function(string): Array} valuesOf The values of a field in the rows of a group.
 * @return {?number} Null where something is divided by nothing.
 */
function evaluated(formula, valuesOf) {
  const terms = parsed(formula).map(({ aggregation, id }) => aggregated(aggregation, valuesOf(id)));
  return terms.reduce((over, under) => (over === null || !under ? null : over / under));
}

module.exports = { evaluated, parsed };
