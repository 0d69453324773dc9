const assert = require('node:assert/strict');
const { after, before, beforeEach, test } = require('node:test');
const { loadConnector, signedIn, startStage, TOKEN, userErrorOf } = require('./stage.js');

const KEPT = 'premium.credentials';
const DEAD = 'http://127.0.0.1:9';
let stage;

before(async () => {
  stage = await startStage();
});
after(() => stage.close());
beforeEach(() => stage.plan({}));

/** A connector of a deployment without a fixed address, and its sign-in. */
function open(path, key, setup) {
  const connector = loadConnector(setup);
  return { connector, signIn: () => connector.setCredentials({ pathKey: { path, key } }) };
}

test('the form asks for the token alone where the deployer has fixed the address', () => {
  const connector = loadConnector({ script: { PREMIUM_URL: `${stage.url}/` } });
  assert.deepEqual(connector.getAuthType(), { type: 'KEY', helpUrl: `${stage.url}/` });
});

test('the form asks for address and token where no address is fixed', () => {
  assert.deepEqual(loadConnector().getAuthType(), { type: 'PATH_KEY' });
  assert.deepEqual(loadConnector({ script: { PREMIUM_URL: ' ' } }).getAuthType(), { type: 'PATH_KEY' });
});

test('a report token is kept after exactly one question to the server', () => {
  const connector = loadConnector({ script: { PREMIUM_URL: stage.url } });
  assert.deepEqual(connector.setCredentials({ key: TOKEN }), { errorCode: 'NONE' });
  assert.deepEqual(stage.log().map((each) => `${each.method} ${each.url}`), ['GET /v1/me']);
  assert.equal(stage.log()[0].headers.authorization, `Bearer ${TOKEN}`);
  assert.equal(connector.isAuthValid(), true);
  assert.equal(stage.log().length, 1);
});

test('an address may carry a path prefix and a trailing slash', () => {
  for (const path of ['/prefix', '/prefix/', '/', '//']) {
    assert.deepEqual(open(`  ${stage.url}${path} `, TOKEN).signIn(), { errorCode: 'NONE' });
  }
  assert.deepEqual(stage.log().map((each) => each.url), ['/prefix/v1/me', '/prefix/v1/me', '/v1/me', '/v1/me']);
});

test('white space and the word Bearer around a pasted token do no harm', () => {
  for (const key of [`\n ${TOKEN}\t`, `Bearer ${TOKEN}`, `${TOKEN.slice(0, 9)}\n${TOKEN.slice(9)}`, `\ufeff${TOKEN}`]) {
    assert.deepEqual(open(stage.url, key).signIn(), { errorCode: 'NONE' });
  }
});

test('an address that is not https, is no base or names a user is refused without a request', () => {
  const bad = ['', 'premium.example.com', 'http://premium.example.com', 'ftp://premium.example.com', 'https://',
    'https://u:p@premium.example.com', 'https://premium.example.com/?a=1', 'https://premium.example.com/#a',
    'http://127.0.0.1.example.com', 'http://localhost.example.com', `https://premium.example.com/${'a'.repeat(2000)}`];
  for (const path of bad) {
    const { connector, signIn } = open(path, TOKEN);
    assert.match(userErrorOf(signIn).text, /^Servidor: .*https:\/\//, path);
    assert.deepEqual([connector.state.fetches, connector.state.user], [[], {}]);
  }
});

test('a token that the server refuses is INVALID_CREDENTIALS and leaves the kept one alone', () => {
  const connector = signedIn(stage.url);
  const kept = { ...connector.state.user };
  assert.deepEqual(connector.setCredentials({ key: 'pr_report_forged' }), { errorCode: 'INVALID_CREDENTIALS' });
  assert.deepEqual(connector.state.user, kept);
});

test('a 401 without a body, or with a gateway\'s own JSON, is INVALID_CREDENTIALS too', () => {
  for (const body of ['', '{"message":"Unauthorized"}']) {
    stage.plan({ faults: [{ path: '/v1/me', status: 401, body }] });
    assert.deepEqual(open(stage.url, TOKEN).signIn(), { errorCode: 'INVALID_CREDENTIALS' });
  }
});

test('what cannot be a token is INVALID_CREDENTIALS without a request', () => {
  for (const key of ['', '   ', 'tokén', 'a'.repeat(5000), undefined]) {
    const { connector, signIn } = open(stage.url, key);
    assert.deepEqual(signIn(), { errorCode: 'INVALID_CREDENTIALS' });
    assert.deepEqual(connector.state.fetches, []);
  }
});

test('a token of another scope is refused by the name of its scope', () => {
  for (const scope of ['console', 'ingest', 'admin']) {
    const { connector, signIn } = open(stage.url, `pr_${scope}_0123456789abcdef`);
    assert.match(userErrorOf(signIn).text, new RegExp(`^Acesso: .*"${scope}".*"report"`));
    assert.deepEqual(connector.state.user, {});
  }
});

const OUTAGES = [
  ['a 500', { status: 500 }, /^Servidor: .*HTTP 500.*Código do pedido: req-/],
  ['a 503 page', { status: 503, body: '<h1>Service Unavailable</h1>' }, /^Servidor: .*HTTP 503/],
  ['a page that is no JSON', { status: 200, body: '<html>Sign in</html>' }, /^Servidor: .*proxy/],
  ['JSON of something else', { status: 200, body: '{"hello":"world"}' }, /^Servidor: .*não é do Premium Report/],
  ['JSON that is no object', { status: 200, body: '[]' }, /^Servidor: /],
  ['a 401 page of a proxy', { status: 401, body: '<html>Proxy login</html>', headers: { 'WWW-Authenticate': 'Basic' } }, /^Servidor: .*proxy/],
  ['a 401 page with a Bearer challenge', { status: 401, body: '<html>Login</html>', headers: { 'WWW-Authenticate': 'Bearer' } }, /^Servidor: .*proxy/],
  ['a bare 401 that asks for a password', { status: 401, body: '', headers: { 'WWW-Authenticate': 'Basic' } }, /^Servidor: .*proxy/],
  ['a 403 page of a firewall', { status: 403, body: '<html>Blocked</html>' }, /^Servidor: .*proxy/],
  ['a redirect', { status: 302, body: '', headers: { Location: 'https://elsewhere.example.com/' } }, /^Servidor: .*redireciona/],
  ['a 404', { status: 404 }, /^Servidor: .*HTTP 404/],
  ['a 429', { status: 429 }, /^Limite: /],
  ['a cut connection', { cut: true }, /^Servidor: .*não respondeu/],
];
for (const [name, fault, words] of OUTAGES) {
  test(`${name} while signing in is a user error after one request, and changes nothing`, () => {
    stage.plan({ faults: [{ path: '/v1/me', ...fault }] });
    const connector = signedIn(stage.url);
    const kept = { ...connector.state.user };
    assert.match(userErrorOf(() => connector.setCredentials({ key: `${TOKEN}x` })).text, words);
    assert.deepEqual(connector.state.user, kept);
    assert.equal(connector.state.fetches.length, 1);
  });

  test(`${name} signs nobody out, and costs one request`, () => {
    stage.plan({ faults: [{ path: '/v1/me', ...fault }] });
    const connector = signedIn(stage.url);
    assert.equal(connector.isAuthValid(), true);
    assert.equal(connector.state.fetches.length, 1);
    assert.equal(connector.state.cache.size, 0);
  });
}

test('a name that does not resolve is a user error', () => {
  const { signIn } = open('https://premium.invalid', TOKEN, { fetchFails: 'DNS error: https://premium.invalid/v1/me' });
  assert.match(userErrorOf(signIn).text, /^Servidor: o nome premium\.invalid não foi encontrado/);
});

test('nobody is signed in before the form is filled in, and that costs no request', () => {
  const connector = loadConnector({ script: { PREMIUM_URL: stage.url } });
  assert.equal(connector.isAuthValid(), false);
  assert.deepEqual(connector.state.fetches, []);
});

test('a good token is asked about again well within ten minutes', () => {
  const connector = signedIn(stage.url);
  for (let call = 0; call < 5; call += 1) assert.equal(connector.isAuthValid(), true);
  assert.equal(connector.state.fetches.length, 1);
  stage.plan({ faults: [{ path: '/v1/me', status: 401 }] });
  assert.equal(connector.isAuthValid(), true);
  connector.state.now += 530 * 1000;
  assert.equal(connector.isAuthValid(), false);
});

test('a token that was never good is not remembered as good', () => {
  const connector = signedIn(stage.url);
  stage.plan({ faults: [{ path: '/v1/me', status: 401 }] });
  assert.equal(connector.isAuthValid(), false);
  stage.plan({});
  assert.equal(connector.isAuthValid(), true);
});

test('what is remembered of one token says nothing of another, and never is the token', () => {
  const connector = signedIn(stage.url);
  assert.equal(connector.isAuthValid(), true);
  assert.ok([...connector.state.cache].flat().every((each) => !JSON.stringify(each).includes(TOKEN)));
  connector.state.user[KEPT] = JSON.stringify({ url: stage.url, token: 'pr_report_forged' });
  assert.equal(connector.isAuthValid(), false);
});

test('signing out erases the credentials, and what is remembered opens nothing', () => {
  const connector = signedIn(stage.url);
  connector.isAuthValid();
  connector.resetAuth();
  assert.deepEqual(connector.state.user, {});
  assert.equal(connector.isAuthValid(), false);
});

test('signing out of a deployment whose address is broken still erases the credentials', () => {
  const connector = signedIn(stage.url, { script: { PREMIUM_URL: 'nowhere' } });
  connector.resetAuth();
  assert.deepEqual(connector.state.user, {});
});

test('the address the deployer fixes later wins over the one a user has typed', () => {
  const user = { [KEPT]: JSON.stringify({ url: DEAD, token: TOKEN }) };
  const connector = loadConnector({ user, script: { PREMIUM_URL: stage.url } });
  assert.equal(connector.isAuthValid(), true);
  assert.equal(connector.state.fetches[0].url, `${stage.url}/v1/me`);
});

test('a redirect never takes the token to another address', () => {
  const connector = signedIn(stage.url);
  connector.isAuthValid();
  assert.equal(connector.state.fetches[0].options.followRedirects, false);
});
