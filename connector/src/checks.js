/**
 * Whether an answer is what was asked for. Data Studio takes whatever it gets: a column too few or in another place would
 * be wrong numbers in a chart, so here it is an error that says where. Values are never repeated, for they are people's.
 */

/** Data Studio takes no more rows than this in one answer. */
const MAX_ROWS = 1000000;

/** What one run may hold: UrlFetchApp and Data Studio both stop at 50 MB. */
const MAX_BYTES = 50 * 1024 * 1024;

/** Data Studio's data types, and what a value of each is in JavaScript. */
const JS_TYPES = { STRING: 'string', NUMBER: 'number', BOOLEAN: 'boolean' };
const DATA_TYPES = Object.keys(JS_TYPES);

/** A number may come as its text. */
const NUMBER_TEXT = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i;

/** @param {!Reply} reply The fields of a report type, as Data Studio is to take them. */
function checkFields(reply) {
  const { schema } = reply.json;
  if (!Array.isArray(schema) || schema.length === 0) throw incompleteFailure(reply, 'schema');
  const names = new Set();
  schema.forEach((field, at) => {
    const fault = faultOfField(field, names);
    if (fault !== null) throw incompleteFailure(reply, `schema[${at}]${fault}`);
    names.add(field.name);
  });
}

/**
 * @param {any} field
 * @param {!Set<string>} names Those of the fields before it.
 * @return {?string} The member that Data Studio would not take; null where it takes the field.
 */
function faultOfField(field, names) {
  if (field === null || typeof field !== 'object') return '';
  if (!isIdentifier(field.name) || names.has(field.name)) return '.name';
  if (!DATA_TYPES.includes(field.dataType)) return '.dataType';
  if (typeof field.label !== 'string' || field.label === '') return '.label';
  return field.semantics !== null && typeof field.semantics === 'object' ? null : '.semantics';
}

/**
 * Exactly the fields that were asked for, in their order; those for filters only where filters were not applied.
 * @param {!Access} access Its token is not repeated, whatever the answer is.
 * @param {!Reply} reply A page.
 * @param {!Array<{name: string, forFilterOnly?: boolean}>} fields What was asked for.
 */
function checkColumns(access, reply, fields) {
  const { schema, rows, filtersApplied } = reply.json;
  if (!Array.isArray(schema)) throw incompleteFailure(reply, 'schema');
  if (!Array.isArray(rows)) throw incompleteFailure(reply, 'rows');
  if (typeof filtersApplied !== 'boolean') throw incompleteFailure(reply, 'filtersApplied');
  const asked = fields.filter((field) => !(filtersApplied && field.forFilterOnly)).map((field) => field.name);
  for (let at = 0; at < Math.max(asked.length, schema.length); at += 1) {
    const { name, dataType } = schema[at] || { name: '', dataType: '' };
    const [found, type] = [name, dataType].map((text) => (isIdentifier(text) ? redacted(text, access.token).slice(0, 80) : ''));
    if (at >= asked.length || name !== asked[at]) throw columnFailure(reply, at, asked[at] || '', found);
    if (!DATA_TYPES.includes(dataType)) {
      throw columnFailure(reply, at, `${found} (${DATA_TYPES.join(', ')})`, `${found} (${type})`);
    }
  }
}

/**
 * @param {!Reply} reply
 * @param {number} at The column, from 0.
 * @param {string} asked
 * @param {string} found
 * @return {!Failure}
 */
function columnFailure(reply, at, asked, found) {
  return new Failure('columns', { ...reply.facts, column: at + 1, asked, found });
}

/**
 * A page that does not continue the first one, or that leads back to itself, would end in missing rows.
 * @param {!Reply} reply
 * @param {!Reply} first The first page's reply.
 * @param {?string=} cursor The cursor that asked for this page.
 */
function checkPage(reply, first, cursor) {
  const { schema, filtersApplied, nextCursor } = reply.json;
  const ends = nextCursor === null || nextCursor === undefined;
  const leadsOn = typeof nextCursor === 'string' && nextCursor !== '' && nextCursor !== cursor;
  if (filtersApplied !== first.json.filtersApplied) throw pagesFailure(reply, 'filtersApplied');
  if (JSON.stringify(schema) !== JSON.stringify(first.json.schema)) throw pagesFailure(reply, 'schema');
  if (!ends && !leadsOn) throw pagesFailure(reply, 'nextCursor');
}

/**
 * @param {!Reply} reply
 * @param {string} member What is not as the first page has it, or leads nowhere.
 * @return {!Failure}
 */
function pagesFailure(reply, member) {
  return new Failure('pages', { ...reply.facts, member });
}

/**
 * Each row has a value of its column's type, or null, for each column.
 * @param {!Reply} reply A page whose columns are right.
 * @param {number} before Rows of the pages before it.
 */
function checkRows(reply, before) {
  /** @type {!Array<{name: string, dataType: string}>} */
  const columns = reply.json.schema;
  /** @type {!Array<any>} */
  const rows = reply.json.rows;
  rows.forEach((row, at) => {
    const values = row && Array.isArray(row.values) ? row.values : [];
    if (values.length !== columns.length) {
      throw rowFailure(reply, 'width', before + at, { found: values.length, asked: columns.length });
    }
    const wrong = columns.findIndex(({ dataType }, column) => !isOfType(values[column], dataType));
    if (wrong >= 0) {
      const { name, dataType } = columns[wrong];
      const found = (typeof values[wrong]).toUpperCase();
      throw rowFailure(reply, 'value', before + at, { field: name, asked: dataType, found });
    }
  });
}

/**
 * @param {!Reply} reply
 * @param {'width'|'value'} kind
 * @param {number} row From 0, over all pages.
 * @param {!Facts} facts What is wrong with it.
 * @return {!Failure}
 */
function rowFailure(reply, kind, row, facts) {
  return new Failure(kind, { ...reply.facts, ...facts, row: row + 1 });
}

/**
 * @param {unknown} value
 * @param {string} dataType
 * @return {boolean}
 */
function isOfType(value, dataType) {
  if (value === null || typeof value === JS_TYPES[/** @type {keyof JS_TYPES} */ (dataType)]) return true;
  return dataType === 'NUMBER' && typeof value === 'string' && NUMBER_TEXT.test(value);
}

/**
 * @param {unknown} text
 * @return {text is string} Whether Data Studio takes it as an id.
 */
function isIdentifier(text) {
  return typeof text === 'string' && /^\w+$/.test(text);
}

/**
 * @param {!Reply} reply
 * @param {number} rows Rows so far.
 * @param {number} bytes Bytes so far.
 */
function checkSize(reply, rows, bytes) {
  const { totalRows } = reply.json;
  const expected = Number.isInteger(totalRows) ? Math.max(totalRows, rows) : rows;
  const requestId = reply.requestId;
  if (expected > MAX_ROWS) throw new Failure('rows', { rows: expected, limit: MAX_ROWS, requestId });
  if (bytes > MAX_BYTES) throw new Failure('bytes', { rows: expected, limit: MAX_BYTES / 1024 / 1024, requestId });
}
