/**
 * What Data Studio calls. Every entry point is one line inside `guarded`, which turns any fault into a text
 * the reader of a report can act on. Read on in auth.js, config.js, rows.js and checks.js,
 * then api.js, reply.js and google.js, then errors.js and texts.js.
 */

/** @return {{type: string, helpUrl?: string}} The sign-in form to show. */
function getAuthType() {
  return guarded(null, () => authType());
}

/**
 * @param {!SignInRequest} request The filled-in form.
 * @return {{errorCode: string}} `NONE`, or `INVALID_CREDENTIALS` when the server refuses the token.
 */
function setCredentials(request) {
  return guarded(request, () => signIn(request));
}

/** @return {boolean} Whether the kept token may be used; true when that cannot be known now. */
function isAuthValid() {
  return guarded(null, () => isSignedIn());
}

/** Forgets the kept credentials. */
function resetAuth() {
  guarded(null, () => signOut());
}

/**
 * @param {!StudioRequest} request
 * @return {!ConfigAnswer}
 */
function getConfig(request) {
  return guarded(request, (language) => configForm(language));
}

/**
 * @param {!StudioRequest} request
 * @return {!SchemaAnswer} The server's fields of the report type, as they are.
 */
function getSchema(request) {
  return guarded(request, (language) => schemaOf(request, language));
}

/**
 * @param {!DataRequest} request What a chart asks for.
 * @return {!DataAnswer}
 */
function getData(request) {
  return guarded(request, () => rowsOf(request));
}

/** @return {boolean} Whether Data Studio shows the technical part of errors: where `PREMIUM_DEBUG` is `true`. */
function isAdminUser() {
  return guarded(null, () => scriptProperty('PREMIUM_DEBUG') === 'true');
}
