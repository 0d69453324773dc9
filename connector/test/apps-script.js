/**
 * Apps Script, as far as the connector may use it: the very files of src/ in a context that has nothing but the
 * language and strict stand-ins of Google's services. A call that is not here throws, and so does a value over one
 * of Google's limits. Time is the stand-ins' own: `Utilities.sleep` moves it, and nobody waits.
 */
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');
const { blockingFetch } = require('./blocking-fetch.js');

const SOURCES = path.join(__dirname, '..', 'src');
const ENTRY_POINTS = [
  'getAuthType', 'setCredentials', 'isAuthValid', 'resetAuth', 'getConfig', 'getSchema', 'getData', 'isAdminUser',
];

/** What `throwException` throws: the words that Data Studio shows, and those it shows to admins. */
class UserError extends Error {
  constructor(text, debugText) {
    super(text);
    this.text = text;
    this.debugText = debugText;
  }
}

/**
 * @param {{script: Object, user: Object, locale: string, fetchTakes: number, fetchFails: (string|function),
 *     network: function}=} setup Script and user properties, the user's locale, how many ms each request takes, what
 *     each fails of, or the nth (nothing where it does not), and what becomes of the nth answer on its way.
 * @return {Object} The entry points, and `state`: properties, cache, sleeps, fetches and the clock.
 */
function loadConnector(setup = {}) {
  const state = {
    now: Date.UTC(2026, 10, 22, 12),
    script: { ...setup.script },
    user: { ...setup.user },
    cache: new Map(),
    sleeps: [],
    fetches: [],
  };
  const context = vm.createContext({
    PropertiesService: strict('PropertiesService', {
      getScriptProperties: () => properties(state.script),
      getUserProperties: () => properties(state.user),
    }),
    CacheService: strict('CacheService', { getUserCache: () => userCache(state) }),
    UrlFetchApp: strict('UrlFetchApp', { fetch: (url, options) => fetchOnce(state, setup, url, options) }),
    Utilities: utilities(state),
    Session: strict('Session', { getActiveUserLocale: () => setup.locale || 'pt_BR' }),
    DataStudioApp: strict('DataStudioApp', { createCommunityConnector: () => connector() }),
  });
  context.clock = () => state.now;
  vm.runInContext('Date.now = clock; delete globalThis.clock; delete globalThis.console;', context);
  const files = fs.readdirSync(SOURCES).filter((name) => name.endsWith('.js')).sort();
  for (const name of files) {
    vm.runInContext(fs.readFileSync(path.join(SOURCES, name), 'utf8'), context, { filename: name });
  }
  const entries = ENTRY_POINTS.map((name) => [name, (request) => plain(context[name](plain(request)))]);
  return { ...Object.fromEntries(entries), state };
}

/** Values cross between Data Studio and a script as JSON. */
function plain(value) {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

function strict(name, members) {
  const refuse = (_, member) => {
    if (member in members || typeof member === 'symbol') return members[member];
    throw new TypeError(`${name}.${String(member)} is not known here`);
  };
  return new Proxy(members, { get: refuse });
}

function need(holds, message) {
  if (!holds) throw new Error(message);
}

function properties(store) {
  return strict('Properties', {
    getProperty: (key) => (key in store ? store[key] : null),
    setProperty: (key, value) => {
      need(typeof key === 'string' && typeof value === 'string', 'The parameters do not match the method signature');
      need(Buffer.byteLength(key + value) <= 9 * 1024, 'Argument too large: value');
      store[key] = value;
    },
    deleteProperty: (key) => {
      delete store[key];
    },
  });
}

function userCache(state) {
  return strict('Cache', {
    get: (key) => {
      const held = state.cache.get(key);
      return held && held.until > state.now ? held.value : null;
    },
    put: (key, value, seconds) => {
      need(typeof key === 'string' && key.length <= 250, 'Argument too large: key');
      need(typeof value === 'string' && Buffer.byteLength(value) <= 100 * 1024, 'Argument too large: value');
      need(Number.isInteger(seconds) && seconds >= 1 && seconds <= 21600, 'Invalid argument: expirationInSeconds');
      state.cache.set(key, { value, until: state.now + seconds * 1000 });
    },
    remove: (key) => {
      state.cache.delete(key);
    },
  });
}

function utilities(state) {
  return strict('Utilities', {
    DigestAlgorithm: strict('DigestAlgorithm', { SHA_256: 'sha256' }),
    computeDigest: (algorithm, text) => [...crypto.createHash(algorithm).update(text).digest()].map((byte) => (byte << 24) >> 24),
    sleep: (ms) => {
      need(Number.isInteger(ms) && ms > 0 && ms <= 300000, 'Invalid argument: milliseconds');
      state.sleeps.push(ms);
      state.now += ms;
    },
  });
}

const OPTIONS = ['method', 'headers', 'contentType', 'payload', 'muteHttpExceptions', 'followRedirects'];

function fetchOnce(state, setup, url, options = {}) {
  const unknown = Object.keys(options).find((name) => !OPTIONS.includes(name));
  need(!unknown, `UrlFetchApp: option ${unknown} is not known here`);
  need(url.length <= 2048, 'Limit Exceeded: URLFetch URL Length.');
  need(!options.payload || Buffer.byteLength(options.payload) <= 50 * 1024 * 1024, 'Limit Exceeded: URLFetch POST Size.');
  need(/^https?:\/\//.test(url), `Invalid argument: ${url}`);
  state.fetches.push({ url, options: plain(options) });
  state.now += setup.fetchTakes || 0;
  const fails = typeof setup.fetchFails === 'function' ? setup.fetchFails(state.fetches.length, url) : setup.fetchFails;
  if (fails) throw new Error(fails);
  const headers = { ...options.headers };
  if (options.payload) headers['Content-Type'] = options.contentType || 'application/x-www-form-urlencoded';
  const sent = blockingFetch(url, { method: (options.method || 'get').toUpperCase(), headers, body: options.payload });
  const answer = setup.network ? setup.network(sent, state.fetches.length) : sent;
  if (answer.error === 'ENOTFOUND' || answer.error === 'EAI_AGAIN') throw new Error(`DNS error: ${url}`);
  need(!answer.error, `Address unavailable: ${url}`);
  need(answer.body.length <= 50 * 1024 * 1024, 'Limit Exceeded: URLFetch response size.');
  need(answer.status < 300 || answer.status >= 400 || options.followRedirects === false, 'A redirect would be followed.');
  need(answer.status < 400 || options.muteHttpExceptions, `Request failed for ${url} returned code ${answer.status}.`);
  return strict('HTTPResponse', {
    getResponseCode: () => answer.status,
    getContentText: (charset) => Buffer.from(answer.body).toString(charset === 'UTF-8' ? 'utf8' : 'latin1'),
    getHeaders: () => answer.headers,
  });
}

function connector() {
  return strict('CommunityConnector', { newUserError: () => userError() });
}

function userError() {
  let text = '';
  let debugText = '';
  const error = strict('UserError', {
    setText: (value) => {
      text = value;
      return error;
    },
    setDebugText: (value) => {
      debugText = value;
      return error;
    },
    throwException: () => {
      throw new UserError(text, debugText);
    },
  });
  return error;
}

/**
 * @param {function()} work
 * @return {UserError} The user error that the work ends in; anything else is thrown on.
 */
function userErrorOf(work) {
  try {
    work();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('there was no user error');
}

module.exports = { loadConnector, userErrorOf };
