/**
 * What Google says where a request could not go out, or nothing came back. It says so in the user's own language and
 * names the address that was asked. An address may hold any words, so a message is read, and shown, without it.
 */

/**
 * Kinds of faults by the words of their messages in English, Portuguese and Spanish. The first that fits counts: of all
 * quotas only the daily one names the day.
 * @type {!Array<[GoogleFault, RegExp]>}
 */
const GOOGLE_FAULTS = [
  ['quota', /\b(one|single|same) day\b|\bdaily\b|\b(mesmo|num|um) dia\b|\bmismo día|\bdiári[ao]\b/i],
  ['rate', /too many|short time|rate limit|bandwidth|quota|muitas vezes|largura de banda|\bcota\b|demasiadas veces|ancho de banda|\bcuota\b/i],
  ['blocked', /not permitted|permi(ss|so)|permitid|authorization is required|autoriza/i],
  ['timeout', /timed?[ -]?out|tempo (limite|esgotado)|tiempo de espera/i],
  ['unresolved', /\bDNS\b/i],
  ['insecure', /\b(SSL|TLS)\b|certifica[td]/i],
];

/** What may pass by itself: nobody has to allow or repair anything. */
const PASSING_FAULTS = ['rate', 'timeout', 'unresolved', 'unreachable'];

/**
 * The first wait after each kind. Google's short-term quotas are counted a second or a minute: waits that begin with
 * 5 seconds and double end after more than a minute.
 * @type {!Object<string, number>}
 */
const FIRST_PAUSES_MS = { rate: 5000 };

/**
 * @param {string} words A message without addresses.
 * @return {GoogleFault|'unreachable'}
 */
function googleFault(words) {
  const found = GOOGLE_FAULTS.find(([, said]) => said.test(words));
  return found ? found[0] : 'unreachable';
}

/**
 * @param {string} message Its first 1,000 characters are read, for the search is not linear in them.
 * @return {string} The message without addresses, with or without their scheme, and without the name of the exception.
 */
function withoutAddresses(message) {
  const words = message.slice(0, 1000).replace(/[a-z][a-z\d+.-]*:\/\/\S*/gi, '').split(/\s+/);
  const plain = words.filter((word) => !/[/\\@]|\w\.\w|\w:\d/.test(word));
  return plain.join(' ').replace(/^((\w*Error|Exception): )+/, '').replace(/[\s:(]+$/, '');
}

/**
 * Nothing came back.
 * @param {!Call} call
 * @param {string} message The exception's.
 * @return {!Reply}
 */
function unansweredReply(call, message) {
  const words = withoutAddresses(redacted(message, call.token));
  const kind = googleFault(words);
  const facts = { host: call.host, detail: words.slice(0, 200), debug: `${call.what}: ${words}` };
  return {
    json: null,
    facts,
    failure: new Failure(kind, facts),
    refused: false,
    passing: PASSING_FAULTS.includes(kind),
    firstPause: FIRST_PAUSES_MS[kind] || FIRST_PAUSE_MS,
    retryAfter: 0,
    requestId: '',
    bytes: 0,
  };
}
