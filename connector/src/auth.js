/**
 * Who is asking, and where: the token and the address of the stack, kept per user. The token leaves this file
 * only as `access.token`, on its way to the Authorization header; only its digest is ever used as a name.
 */

/** User property that holds `{url, token}` as JSON: one value, so that both change together. */
const CREDENTIALS = 'premium.credentials';

/**
 * How long a token that was found good is not asked about again. A revoked token must be noticed within 600 s, and
 * the server may itself take 60 s to refuse it everywhere.
 */
const REMEMBER_SECONDS = 480;

/** Visible ASCII only: anything else could not be sent in a header. */
const TOKEN = /^[\x21-\x7e]{1,4096}$/;

/** @return {{type: string, helpUrl?: string}} */
function authType() {
  const url = fixedUrl();
  return url ? { type: 'KEY', helpUrl: `${url}/` } : { type: 'PATH_KEY' };
}

/**
 * Keeps the credentials after one question to the server. Whatever goes wrong, nothing kept is changed.
 * @param {?SignInRequest} request
 * @return {{errorCode: string}}
 */
function signIn(request) {
  const access = claimedAccess(request || {});
  if (!TOKEN.test(access.token)) return { errorCode: 'INVALID_CREDENTIALS' };
  const reply = send(access, 'get', '/v1/me');
  if (reply.refused) return { errorCode: 'INVALID_CREDENTIALS' };
  if (reply.failure) throw reply.failure;
  const scope = scopeOf(reply);
  if (!scope) throw incompleteFailure(reply, 'scope');
  if (scope !== 'report') {
    throw new Failure('scope', { scope: redacted(scope, access.token).slice(0, 40), requestId: reply.requestId });
  }
  PropertiesService.getUserProperties().setProperty(CREDENTIALS, JSON.stringify(access));
  remember(access);
  return { errorCode: 'NONE' };
}

/**
 * At most one request. Only the server's own refusal signs anybody out: an outage says nothing about a token.
 * @return {boolean}
 */
function isSignedIn() {
  const access = keptAccess();
  if (!access) return false;
  if (CacheService.getUserCache().get(rememberedAs(access))) return true;
  const reply = send(access, 'get', '/v1/me');
  if (reply.refused) return false;
  const scope = reply.failure ? '' : scopeOf(reply);
  if (scope === 'report') remember(access);
  return scope === 'report' || scope === '';
}

/** Erases the kept credentials; what is remembered of a token serves only whoever has it. */
function signOut() {
  PropertiesService.getUserProperties().deleteProperty(CREDENTIALS);
}

/** @return {!Access} The kept access; a user error asks to sign in where there is none. */
function requiredAccess() {
  const access = keptAccess();
  if (!access) throw new Failure('signedOut');
  return access;
}

/** @return {?Access} */
function keptAccess() {
  const kept = objectIn(PropertiesService.getUserProperties().getProperty(CREDENTIALS) || '');
  return kept && { url: fixedUrl() || kept.url, token: kept.token };
}

/**
 * The access that a filled-in form claims. People paste line breaks, and the word Bearer, along with a token.
 * @param {!SignInRequest} request
 * @return {!Access}
 */
function claimedAccess(request) {
  const form = request.pathKey || { path: '', key: request.key };
  const url = fixedUrl() || baseUrl(form.path);
  return { url, token: String(form.key || '').replace(/^\s*bearer\s+/i, '').replace(/\s+/g, '') };
}

/** @return {string} The address the deployer has fixed in `PREMIUM_URL`, or nothing. */
function fixedUrl() {
  const url = scriptProperty('PREMIUM_URL');
  return url && baseUrl(url);
}

/**
 * Apps Script has no URL class. Plain http is for a stack on this very machine; a user name in the address, a query
 * or a fragment is no base of anything.
 * @param {string} text
 * @return {string} The address without trailing slashes.
 */
function baseUrl(text) {
  const url = String(text || '').trim();
  const parts = /^(https?):\/\/(\[[0-9a-f:]+\]|[\w.-]+)(:\d{1,5})?(\/[^\s?#\\]*)?$/i.exec(url);
  const loopback = parts && /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/i.test(parts[2]);
  if (!parts || url.length > 1024 || (parts[1].toLowerCase() === 'http' && !loopback)) throw new Failure('address');
  return url.replace(/\/+$/, '');
}

/**
 * @param {!Reply} reply
 * @return {string} The scope the server names, or nothing where the answer is not about a token.
 */
function scopeOf(reply) {
  return typeof reply.json.scope === 'string' ? reply.json.scope : '';
}

/** @param {!Access} access An access the server has just found good. */
function remember(access) {
  CacheService.getUserCache().put(rememberedAs(access), 'good', REMEMBER_SECONDS);
}

/** @param {!Access} access An access to ask the server about again. */
function forget(access) {
  CacheService.getUserCache().remove(rememberedAs(access));
}

/**
 * @param {!Access} access
 * @return {string} A cache key that tells nobody the token.
 */
function rememberedAs(access) {
  const digest = Utilities.computeDigest(Utilities.DigestAlgorithm.SHA_256, `${access.url} ${access.token}`);
  return `premium.good.${digest.map((byte) => (byte & 0xff).toString(16).padStart(2, '0')).join('')}`;
}

/**
 * @param {string} name
 * @return {string} What the deployer has set, trimmed, or nothing.
 */
function scriptProperty(name) {
  return (PropertiesService.getScriptProperties().getProperty(name) || '').trim();
}
