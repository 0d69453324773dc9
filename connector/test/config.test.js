const assert = require('node:assert/strict');
const { after, before, beforeEach, test } = require('node:test');
const { checkConfig, checkSchema } = require('./studio/checks.js');
const { loadConnector, signedIn, startStage, TYPES, userErrorOf } = require('./stage.js');

let stage;

before(async () => {
  stage = await startStage();
});
after(() => stage.close());
beforeEach(() => stage.plan({}));

const valuesOf = (question) => question.options.map((option) => option.value);

test('the form has a report type of all seven and a date field, and neither may be overridden', () => {
  const config = signedIn(stage.url).getConfig({ languageCode: 'pt-BR' });
  checkConfig(config);
  assert.deepEqual(config.configParams.map((each) => each.name), ['report_type', 'date_field']);
  assert.deepEqual(valuesOf(config.configParams[0]), TYPES);
  assert.deepEqual(valuesOf(config.configParams[1]), ['created_at', 'finished_at', 'lastInteraction']);
  assert.ok(config.configParams.every((each) => each.parameterControl.allowOverride === false));
  assert.deepEqual([config.dateRangeRequired, config.isSteppedConfig], [true, false]);
});

test('the names of report types are the server\'s, in the language asked for', () => {
  const labels = (languageCode) => signedIn(stage.url).getConfig({ languageCode }).configParams[0].options[0].label;
  assert.equal(labels('en'), 'Served sessions');
  assert.equal(labels('pt'), 'Servido sessions');
});

test('the form opens with all seven types while the server cannot be asked', () => {
  const faults = [{ status: 503 }, { status: 200, body: '<html>' }, { status: 200, body: '{"report_types":[]}' }, { cut: true }];
  for (const fault of faults) {
    stage.plan({ faults: [{ path: '/v1/report-types', ...fault }] });
    const config = signedIn(stage.url).getConfig({ languageCode: 'en' });
    checkConfig(config);
    assert.deepEqual(valuesOf(config.configParams[0]), TYPES);
  }
  assert.deepEqual(valuesOf(loadConnector().getConfig({}).configParams[0]), TYPES);
});

test('words follow the language asked for, then the user\'s, then Portuguese', () => {
  const name = (languageCode, locale) => loadConnector({ locale }).getConfig({ languageCode }).configParams[0].displayName;
  assert.equal(name('en', 'pt_BR'), 'Report type');
  assert.equal(name('pt-PT', 'en'), 'Tipo de relatório');
  assert.equal(name(undefined, 'en_GB'), 'Report type');
  assert.equal(name('it', 'en'), 'Report type');
  assert.equal(name('it', 'fr'), 'Tipo de relatório');
});

test('both languages have the same words', () => {
  const words = (languageCode) => JSON.stringify(loadConnector().getConfig({ languageCode }), (key, value) => (
    ['displayName', 'helpText', 'label'].includes(key) ? Boolean(value) : value));
  assert.equal(words('pt'), words('en'));
});

test('the schema is the server\'s, as it is', () => {
  const connector = signedIn(stage.url);
  const answer = connector.getSchema({ configParams: { report_type: 'talks' } });
  assert.deepEqual(Object.keys(answer), ['schema']);
  checkSchema(answer.schema);
  assert.equal(answer.schema.length, 7);
  assert.equal(stage.log()[0].url, '/v1/schema?report_type=talks&lang=pt');
});

test('a blank report type means sessions', () => {
  for (const request of [{}, { configParams: {} }, { configParams: { report_type: '', date_field: '' } }]) {
    signedIn(stage.url, { locale: 'en' }).getSchema(request);
  }
  assert.deepEqual(new Set(stage.log().map((each) => each.url)), new Set(['/v1/schema?report_type=sessions&lang=en']));
});

test('a report type that the server does not know is an error that names it, asked once', () => {
  const connector = signedIn(stage.url);
  const { text } = userErrorOf(() => connector.getSchema({ configParams: { report_type: 'a b&lang=x' } }));
  assert.match(text, /^Relatório: .*unknown report type a b&lang=x.*\(Código do pedido: req-\d+\)$/);
  assert.equal(connector.state.fetches.length, 1);
});

test('a schema that is no list is an error', () => {
  stage.plan({ faults: [{ path: '/v1/schema', status: 200, body: '{"schema":{}}' }] });
  assert.match(userErrorOf(() => signedIn(stage.url).getSchema({})).text, /^Servidor: /);
});

test('a schema survives a passing outage', () => {
  stage.plan({ faults: [{ path: '/v1/schema', status: 502, times: 2 }] });
  const connector = signedIn(stage.url);
  assert.equal(connector.getSchema({}).schema.length, 7);
  assert.equal(connector.state.sleeps.length, 2);
});

test('only the deployer makes admins', () => {
  assert.equal(loadConnector().isAdminUser(), false);
  assert.equal(loadConnector({ script: { PREMIUM_DEBUG: 'true' } }).isAdminUser(), true);
});
