/** What an answer of the server, or of whatever stands before it, means: its rows, or a failure and whether it may pass. */

/** What may pass by itself. Everything else that is answered is final. */
const PASSING_STATUSES = [429, 500, 502, 503, 504];

/**
 * Rows are passed on as they are; whatever may end up in an error text loses the token before it is cut to size.
 * @param {!Call} call
 * @param {!GoogleAppsScript.URL_Fetch.HTTPResponse} response
 * @return {!Reply}
 */
function answeredReply(call, response) {
  const text = response.getContentText('UTF-8');
  const headers = lowerCased(response.getHeaders());
  const status = response.getResponseCode();
  const json = objectIn(text);
  const blank = text.trim() === '';
  // A login page of some proxy is no refusal of ours: that is a problem document, or no page at all and no challenge but
  // for a Bearer token.
  const ours = json !== null || (blank && /^bearer\b/i.test(headers['www-authenticate'] || 'Bearer'));
  const kind = status < 300 ? contentFault(status, json, blank) : failureKind(status, json, ours);
  const facts = {
    host: call.host,
    status,
    requestId: redacted(requestIdIn(json, headers), call.token).slice(0, 100),
    detail: redacted(detailIn(json), call.token).slice(0, 400),
    found: mediaTypeIn(redacted(headers['content-type'] || '', call.token)),
    debug: `${call.what}: HTTP ${status}: ${kind ? redacted(text, call.token).slice(0, 300) : ''}`,
  };
  return {
    json,
    facts,
    failure: kind ? new Failure(kind, facts) : null,
    refused: kind === 'refused',
    passing: PASSING_STATUSES.includes(status),
    firstPause: FIRST_PAUSE_MS,
    retryAfter: retryAfterIn(headers),
    requestId: facts.requestId,
    bytes: utf8Length(text),
  };
}

/**
 * @param {number} status Below 300.
 * @param {?Object<string, any>} json
 * @param {boolean} blank Whether there is no body.
 * @return {FailureName|''} The failure's name in texts.js; empty where there is none.
 */
function contentFault(status, json, blank) {
  if (blank) return 'empty';
  return status === 200 && json ? '' : 'foreign';
}

/**
 * @param {number} status 300 or more.
 * @param {?Object<string, any>} json
 * @param {boolean} ours Whether the answer can be the server's own.
 * @return {FailureName} The failure's name in texts.js.
 */
function failureKind(status, json, ours) {
  if (status === 413) return 'tooLarge';
  if (status === 429) return 'busy';
  if (status >= 500) return 'failed';
  if (status < 400) return 'moved';
  if (!ours) return 'foreign';
  if (status === 400 || status === 422) return notAccepted(json);
  if (status === 401) return 'refused';
  if (status === 403) return 'forbidden';
  return status === 404 ? 'absent' : 'failed';
}

/**
 * By the fields that the problem names, or else by its first word: further on it may quote what was sent.
 * @param {?Object<string, any>} problem
 * @return {FailureName}
 */
function notAccepted(problem) {
  const named = errorsIn(problem).map((error) => error.field).filter(Boolean);
  const fields = named.length > 0 ? named : [detailIn(problem).split(' ')[0]];
  // No user writes a cursor: between two pages something changed that their rows depend on.
  if (fields.includes('cursor')) return 'cursor';
  return fields.some((field) => /^date_?(range|field)\b/i.test(field)) ? 'period' : 'report';
}

/**
 * @param {!Reply} reply JSON that is not what this server answers.
 * @param {string} member The part of it that is missing, or of another shape.
 * @return {!Failure}
 */
function incompleteFailure(reply, member) {
  return new Failure('incomplete', { ...reply.facts, member });
}

/**
 * @param {string} text
 * @return {?Object<string, any>}
 */
function objectIn(text) {
  try {
    const value = JSON.parse(text);
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : null;
  } catch (fault) {
    return null;
  }
}

/**
 * @param {?Object<string, any>} problem A problem document of RFC 9457; gateways put their words in `message`.
 * @return {string} What it says.
 */
function detailIn(problem) {
  const { detail, title, message } = problem || {};
  const said = [detail, title, message].find((text) => typeof text === 'string' && text !== '') || '';
  const more = errorsIn(problem).slice(0, 3).map((error) => (error.field ? `${error.field}: ${error.message}` : error.message));
  return [said, ...more.filter((text) => !said.includes(text))].filter(Boolean).join('; ');
}

/**
 * @param {?Object<string, any>} problem
 * @return {!Array<{field: string, message: string}>} What is wrong, one by one; faults without words are left out.
 */
function errorsIn(problem) {
  /** @type {!Array<any>} */
  const errors = problem && Array.isArray(problem.errors) ? problem.errors : [];
  const told = errors.filter((error) => error && typeof error.message === 'string');
  return told.map(({ field, message }) => ({ field: typeof field === 'string' ? field : '', message }));
}

/**
 * @param {?Object<string, any>} json
 * @param {!Object<string, string>} headers
 * @return {string} The server's id of the request; behind a gateway that failed by itself, the gateway's.
 */
function requestIdIn(json, headers) {
  const told = json && typeof json.request_id === 'string' && json.request_id;
  return told || headers['x-request-id'] || headers['apigw-requestid'] || '';
}

/**
 * @param {!Object<string, string>} headers
 * @return {number} Milliseconds, from whole seconds or from a date as HTTP writes it; 0 for anything else.
 */
function retryAfterIn(headers) {
  const value = (headers['retry-after'] || '').trim();
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const date = /^[A-Z][a-z]{2}, .* GMT$/.test(value) ? Date.parse(value) : NaN;
  return Math.max(date - Date.now(), 0) || 0;
}

/**
 * @param {string} contentType What the header says.
 * @return {string} The media type without parameters; nothing where there is none.
 */
function mediaTypeIn(contentType) {
  const [, type] = /^\s*([\w.+-]{1,40}\/[\w.+-]{1,60})\s*(;|$)/.exec(contentType) || [];
  return type || '';
}

/**
 * @param {!Object<string, any>} headers
 * @return {!Object<string, string>}
 */
function lowerCased(headers) {
  /** @type {!Object<string, string>} */
  const lower = {};
  for (const name of Object.keys(headers)) lower[name.toLowerCase()] = String(headers[name]);
  return lower;
}
