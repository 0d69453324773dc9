/**
 * From a fault to what people read. A `Failure` is a fault we know how to explain; anything else is the connector's
 * own and says so.
 */

/** A fault with a name in texts.js and the facts its sentence needs. */
class Failure extends Error {
  /**
   * @param {string} name
   * @param {!Object=} facts `host`, `status`, `requestId`, `detail` (the server's words), `debug`, numbers.
   */
  constructor(name, facts) {
    super(name);
    this.name = name;
    this.facts = facts || {};
  }
}

/**
 * @param {?Object} request What Data Studio sent.
 * @param {function(string): T} work Gets the language to speak.
 * @return {T}
 * @template T
 */
function guarded(request, work) {
  const language = languageOf(request);
  try {
    return work(language);
  } catch (fault) {
    return throwUserError(fault, language);
  }
}

/**
 * @param {!Error} fault
 * @param {string} language
 */
function throwUserError(fault, language) {
  const known = fault instanceof Failure;
  const text = known ? userText(fault, language) : TEXTS[language].unexpected;
  const debug = known ? `${fault.name} ${fault.facts.debug || ''}`.trim() : String(fault && fault.stack);
  DataStudioApp.createCommunityConnector().newUserError().setText(text).setDebugText(debug).throwException();
}

/**
 * @param {!Failure} failure
 * @param {string} language
 * @return {string} Cause and what to do, then the server's words, then its id of the request.
 */
function userText(failure, language) {
  const { detail, requestId } = failure.facts;
  const quoted = detail && QUOTING.includes(failure.name);
  const parts = [failure.name, quoted && 'said', requestId && 'requestId'].filter(Boolean);
  return parts.map((name) => sentence(language, name, failure.facts)).join(' ');
}
