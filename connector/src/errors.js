/**
 * From a fault to what people read. A `Failure` is a fault we know how to explain; anything else is the connector's
 * own and says so.
 */

/**
 * The failures whose cause the words of somebody else tell best, and the sentence that quotes them.
 * @type {!Partial<Record<FailureName, SentenceName>>}
 */
const QUOTING = {
  refused: 'said',
  forbidden: 'said',
  failed: 'said',
  busy: 'said',
  tooLarge: 'said',
  cursor: 'said',
  period: 'said',
  report: 'said',
  unreachable: 'googleSaid',
};

/** A fault with a name in texts.js and the facts its sentence needs. */
class Failure extends Error {
  /**
   * @param {FailureName} kind
   * @param {!Facts=} facts
   */
  constructor(kind, facts) {
    super(kind);
    this.kind = kind;
    this.facts = facts || {};
  }
}

/**
 * @param {?StudioRequest} request What Data Studio sent.
 * @param {function(Language): T} work Gets the language to speak.
 * @return {T}
 * @template T
 */
function guarded(request, work) {
  const language = languageOf(request);
  try {
    return work(language);
  } catch (fault) {
    throwUserError(fault, language);
    throw fault;
  }
}

/**
 * @param {unknown} fault
 * @param {Language} language
 */
function throwUserError(fault, language) {
  const known = fault instanceof Failure;
  const text = known ? userText(fault, language) : TEXTS[language][unexpectedFault(fault)];
  const debug = known ? `${fault.kind} ${fault.facts.debug || ''}`.trim() : stackOf(fault);
  DataStudioApp.createCommunityConnector().newUserError().setText(text).setDebugText(debug).throwException();
}

/**
 * @param {unknown} fault
 * @return {'quota'|'rate'|'unexpected'} The sentence to tell it by: each of Google's services has quotas.
 */
function unexpectedFault(fault) {
  const kind = googleFault(withoutAddresses(String(fault)));
  return kind === 'quota' || kind === 'rate' ? kind : 'unexpected';
}

/**
 * @param {unknown} fault
 * @return {string} Where a fault of the connector itself was; whatever can be thrown has some text.
 */
function stackOf(fault) {
  const stack = fault && typeof fault === 'object' && 'stack' in fault ? fault.stack : fault;
  return String(stack);
}

/**
 * @param {!Failure} failure
 * @param {Language} language
 * @return {string} Cause and what to do, then the server's or Google's words, then the server's id of the request.
 */
function userText(failure, language) {
  const { detail, requestId } = failure.facts;
  const quoting = detail && QUOTING[failure.kind];
  /** @type {!Array<SentenceName>} */
  const parts = [failure.kind];
  if (quoting) parts.push(quoting);
  if (requestId) parts.push('requestId');
  return parts.map((name) => sentence(language, name, failure.facts)).join(' ');
}
