/**
 * The only place that talks to the server. `send` asks once and never throws; `ask` asks until there is an answer,
 * the answer is final, or the time is up.
 */

/**
 * Time for one run. Apps Script ends a run after 360 s without a word, and one request may take 60 s, so nothing is
 * begun after this.
 */
const BUDGET_MS = 290 * 1000;

/** One request and four more, 1, 2, 4 and 8 seconds apart. */
const TRIES = 5;

/** A longer `Retry-After` is for people, not for a chart that is loading. */
const LONGEST_PAUSE_MS = 60 * 1000;

/** What may pass by itself. Everything else the server says is final. */
const PASSING = [429, 500, 502, 503, 504];

/** The parts of a getData request that are about time, as a problem document names them. */
const PERIOD = /date_?(range|field)|(start|end)_?date/i;

/**
 * @param {!Access} access
 * @param {number} deadline In ms since 1970: no wait goes beyond it.
 * @param {'get'|'post'} method
 * @param {string} path
 * @param {!Object=} body
 * @return {!Reply} Without a failure.
 */
function ask(access, deadline, method, path, body) {
  for (let retry = 0; ; retry += 1) {
    const reply = send(access, method, path, body);
    if (!reply.failure) return reply;
    if (reply.refused) forget(access);
    const pause = pauseBefore(retry, reply.retryAfter);
    const late = pause > LONGEST_PAUSE_MS || Date.now() + pause > deadline;
    if (!reply.passing || retry + 1 >= TRIES || late) throw reply.failure;
    Utilities.sleep(pause);
  }
}

/**
 * @param {number} retry How many times it was tried again already.
 * @param {number} retryAfter What the server asks for, in ms.
 * @return {number} Milliseconds that double, with a part by chance so that the charts of a report do not return
 *     together.
 */
function pauseBefore(retry, retryAfter) {
  return Math.ceil(Math.max(1000 * Math.pow(2, retry) * (1 + Math.random() / 2), retryAfter));
}

/**
 * One request. Redirects are not followed: the token is for the address the user named, and for no other.
 * @param {!Access} access
 * @param {'get'|'post'} method
 * @param {string} path With its query; never with the token.
 * @param {!Object=} body
 * @return {!Reply} Its `json` is an object where there is no failure.
 */
function send(access, method, path, body) {
  /** @type {!GoogleAppsScript.URL_Fetch.URLFetchRequestOptions} */
  const options = {
    method,
    headers: { Authorization: `Bearer ${access.token}`, Accept: 'application/json' },
    muteHttpExceptions: true,
    followRedirects: false,
  };
  if (body) Object.assign(options, { contentType: 'application/json', payload: JSON.stringify(body) });
  const call = { host: access.url.split('/')[2], what: `${method} ${path}`, token: access.token };
  let response;
  try {
    response = UrlFetchApp.fetch(access.url + path, options);
  } catch (fault) {
    return unansweredReply(call, String(fault));
  }
  return answeredReply(call, response);
}

/**
 * Nothing came back. Google's own daily quota is told in the user's language, so both are looked for.
 * @param {!Call} call
 * @param {string} message
 * @return {!Reply}
 */
function unansweredReply(call, message) {
  const quota = /too many times|muitas vezes|quota|cota|bandwidth|largura de banda/i.test(message);
  const debug = redacted(`${call.what}: ${message}`, call.token);
  const facts = { host: call.host, debug };
  const failure = new Failure(quota ? 'quota' : 'unreachable', facts);
  return { json: null, facts, failure, refused: false, passing: !quota, retryAfter: 0, requestId: '', bytes: 0 };
}

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
  // A login page of some proxy is no refusal of ours: that is a problem document, or no page at all and no challenge but
  // for a Bearer token.
  const ours = json !== null || (text.trim() === '' && /^bearer\b/i.test(headers['www-authenticate'] || 'Bearer'));
  const kind = failureKind(status, json, ours);
  const facts = {
    host: call.host,
    status,
    requestId: redacted(requestIdIn(json, headers), call.token).slice(0, 100),
    detail: redacted(detailIn(json), call.token).slice(0, 400),
    debug: `${call.what}: HTTP ${status}: ${kind ? redacted(text, call.token).slice(0, 300) : ''}`,
  };
  return {
    json,
    facts,
    failure: kind ? new Failure(kind, facts) : null,
    refused: kind === 'refused',
    passing: PASSING.includes(status),
    retryAfter: retryAfterIn(headers),
    requestId: facts.requestId,
    bytes: utf8Length(text),
  };
}

/**
 * @param {number} status
 * @param {?Object<string, any>} json
 * @param {boolean} ours Whether the answer can be the server's own.
 * @return {FailureName|''} The failure's name in texts.js; empty where there is none.
 */
function failureKind(status, json, ours) {
  if (status === 200) return json ? '' : 'foreign';
  if (status === 429) return 'busy';
  if (status >= 500) return 'failed';
  if (status >= 300 && status < 400) return 'moved';
  if (!ours) return 'foreign';
  if (status === 400 || status === 422) return notAccepted(detailIn(json));
  if (status === 401) return 'refused';
  if (status === 403) return 'forbidden';
  return status === 404 ? 'absent' : 'failed';
}

/**
 * @param {string} detail What the server says of a request.
 * @return {FailureName}
 */
function notAccepted(detail) {
  // No user writes a cursor: between two pages something changed that their rows depend on.
  if (/^cursor\b/.test(detail)) return 'pages';
  return PERIOD.test(detail) ? 'period' : 'report';
}

/**
 * @param {!Reply} reply
 * @return {!Failure} For JSON that is not what this server answers.
 */
function foreignFailure(reply) {
  return new Failure('foreign', reply.facts);
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
 * @param {?Object<string, any>} problem A problem document of RFC 9457.
 * @return {string} What it says.
 */
function detailIn(problem) {
  if (!problem) return '';
  /** @type {!Array<{field: (string|undefined), message: string}>} */
  const errors = Array.isArray(problem.errors) ? problem.errors.slice(0, 3) : [];
  const said = errors.map((error) => (error.field ? `${error.field}: ${error.message}` : String(error.message)));
  const detail = String(problem.detail || problem.title || '');
  return [detail, ...said.filter((text) => !detail.includes(text))].filter(Boolean).join('; ');
}

/**
 * @param {?Object<string, any>} json
 * @param {!Object<string, any>} headers
 * @return {string} The server's id of the request; behind a gateway that failed by itself, the gateway's.
 */
function requestIdIn(json, headers) {
  const told = json && json.request_id;
  return String(told || headers['x-request-id'] || headers['apigw-requestid'] || '');
}

/**
 * @param {!Object<string, string>} headers
 * @return {number} Milliseconds, from seconds or from a date.
 */
function retryAfterIn(headers) {
  const value = headers['retry-after'] || '';
  const wait = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return wait > 0 ? wait : 0;
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

/**
 * @param {string} text
 * @param {string} token
 * @return {string} The text without the token, should a server or an exception repeat it.
 */
function redacted(text, token) {
  return text.split(token).join('…');
}

/**
 * @param {string} text
 * @return {number} Its bytes in UTF-8; each half of a surrogate pair counts two.
 */
function utf8Length(text) {
  let bytes = text.length;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return bytes;
}
