/**
 * The only place that talks to the server. `send` asks once and never throws; `ask` asks until there is an answer,
 * the answer is final, or the time is up.
 */

/**
 * Time for one run. Apps Script ends a run after 360 s without a word, and one request may take 60 s, so nothing is
 * begun after this.
 */
const BUDGET_MS = 290 * 1000;

/** One request and four more. Each wait is twice the one before. */
const TRIES = 5;

/** The first wait, unless what happened asks for a longer one. */
const FIRST_PAUSE_MS = 1000;

/** A longer `Retry-After` is for people, not for a chart that is loading. */
const LONGEST_PAUSE_MS = 60 * 1000;

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
    const pause = pauseBefore(retry, reply);
    const late = pause > LONGEST_PAUSE_MS || Date.now() + pause > deadline;
    if (!reply.passing || retry + 1 >= TRIES || late) throw reply.failure;
    Utilities.sleep(pause);
  }
}

/**
 * @param {number} retry How many times it was tried again already.
 * @param {!Reply} reply What is to be waited out.
 * @return {number} Milliseconds that double, with a part by chance so that the charts of a report do not return
 *     together, and at least what the server asks for.
 */
function pauseBefore(retry, reply) {
  return Math.ceil(Math.max(reply.firstPause * Math.pow(2, retry) * (1 + Math.random() / 2), reply.retryAfter));
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
    headers: {
      Authorization: `Bearer ${access.token}`,
      Accept: 'application/json',
      'Accept-Language': languageOf(null),
    },
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
