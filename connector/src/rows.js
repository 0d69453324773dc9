/**
 * Schema and rows, both the server's: no field is named here. Rows come in pages; either all of them are returned,
 * or an error is.
 */

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
  checkFields(reply);
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
    checkColumns(access, reply, request.fields);
    checkPage(reply, first || reply, body.cursor);
    checkRows(reply, rows.length);
    first = first || reply;
    for (const row of reply.json.rows) rows.push(row);
    bytes += reply.bytes;
    checkSize(reply, rows.length, bytes);
    body.cursor = reply.json.nextCursor;
  } while (body.cursor);
  return { schema: first.json.schema, rows, filtersApplied: first.json.filtersApplied };
}
