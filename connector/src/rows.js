/**
 * Schema and rows, both the server's: no field is named here. Rows come in pages; either all of them are returned,
 * or an error is.
 */

/** Data Studio takes no more rows than this in one answer. */
const MAX_ROWS = 1000000;

/** What one run may hold: UrlFetchApp and Data Studio both stop at 50 MB. */
const MAX_BYTES = 50 * 1024 * 1024;

/** The most the server takes as `limit`; it cuts pages by bytes on its own. */
const PAGE_ROWS = 50000;

/**
 * @param {?StudioRequest} request
 * @param {Language} language
 * @return {!SchemaAnswer}
 */
function schemaOf(request, language) {
  const type = encodeURIComponent(String(answersOf(request).report_type));
  const path = `/v1/schema?report_type=${type}&lang=${language}`;
  const reply = ask(requiredAccess(), Date.now() + BUDGET_MS, 'get', path);
  if (!Array.isArray(reply.json.schema)) throw foreignFailure(reply);
  return { schema: reply.json.schema };
}

/**
 * Follows the cursor to its end. The request goes out as Data Studio made it, `scriptParams.lastRefresh` and all, so
 * that all pages, and all requests of one refresh, see one state of the data.
 * @param {!DataRequest} request
 * @return {!DataAnswer}
 */
function rowsOf(request) {
  const access = requiredAccess();
  const deadline = Date.now() + BUDGET_MS;
  const limit = Number(scriptProperty('PREMIUM_PAGE_ROWS')) || PAGE_ROWS;
  /** @type {!PageRequest} */
  const body = { ...request, configParams: answersOf(request), limit };
  /** @type {!Array<{values: !Array<unknown>}>} */
  const rows = [];
  /** @type {?Reply} */
  let first = null;
  let bytes = 0;
  do {
    if (Date.now() >= deadline) {
      throw new Failure('time', { rows: rows.length, seconds: BUDGET_MS / 1000, requestId: first && first.requestId });
    }
    const reply = ask(access, deadline, 'post', '/v1/data', body);
    checkPage(reply, first || reply, body.cursor);
    first = first || reply;
    for (const row of reply.json.rows) rows.push(row);
    bytes += reply.bytes;
    checkSize(reply, rows.length, bytes);
    body.cursor = reply.json.nextCursor;
  } while (body.cursor);
  return { schema: first.json.schema, rows, filtersApplied: first.json.filtersApplied };
}

/**
 * A page that is malformed, that does not continue the first one, or that leads back to itself would end in wrong
 * columns or missing rows.
 * @param {!Reply} reply
 * @param {!Reply} first The first page's reply.
 * @param {?string=} cursor The cursor that asked for this page.
 */
function checkPage(reply, first, cursor) {
  const { schema, rows, filtersApplied, nextCursor } = reply.json;
  const page = Array.isArray(schema) && Array.isArray(rows) && typeof filtersApplied === 'boolean';
  if (!page) throw foreignFailure(reply);
  const ends = nextCursor === null || nextCursor === undefined;
  const leadsOn = typeof nextCursor === 'string' && nextCursor !== '' && nextCursor !== cursor;
  const continues = JSON.stringify([schema, filtersApplied])
    === JSON.stringify([first.json.schema, first.json.filtersApplied]);
  const whole = rows.every((row) => row && Array.isArray(row.values) && row.values.length === schema.length);
  if (!continues || !whole || !(ends || leadsOn)) throw new Failure('pages', { requestId: reply.requestId });
}

/**
 * @param {!Reply} reply
 * @param {number} rows Rows so far.
 * @param {number} bytes Bytes so far.
 */
function checkSize(reply, rows, bytes) {
  const expected = Math.max(reply.json.totalRows || 0, rows);
  const requestId = reply.requestId;
  if (expected > MAX_ROWS) throw new Failure('rows', { rows: expected, limit: MAX_ROWS, requestId });
  if (bytes > MAX_BYTES) throw new Failure('bytes', { rows: expected, limit: MAX_BYTES / 1024 / 1024, requestId });
}
