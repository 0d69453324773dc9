/** Random charts, drawn through the connector from a running stack, against sums over the sessions that were posted. */
const assert = require('node:assert/strict');
const { before, test } = require('node:test');
const { userErrorOf } = require('../apps-script.js');
const { draw, requests } = require('../studio/chart.js');
const { checkSchema } = require('../studio/checks.js');
const { chance } = require('./chance.js');
const { ONLY_THE_STACK_S } = require('./direct.js');
const { assertSame, reportOver } = require('./expected.js');
const { madeUpSessions } = require('./made-up.js');
const { randomChart } = require('./random-charts.js');
const { accountWith, EVER, signedIn } = require('./stage.js');

const SEED = Number(process.env.PREMIUM_CHART_SEED) || 20261003;
const CHARTS = 2000;
const TYPES = ['sessions', 'sessions', 'sessions', 'summary', 'summary', 'talks', 'events', 'tags', 'talk_options', 'contact_platforms'];
const SESSIONS = madeUpSessions(SEED, 300);

let stage;
const reports = {};

before(async () => {
  stage = await accountWith('charts', SESSIONS);
  const connector = signedIn(stage.token);
  for (const type of new Set(TYPES)) {
    const { schema } = connector.getSchema({ configParams: { report_type: type } });
    checkSchema(schema);
    const fields = schema.filter((field) => !ONLY_THE_STACK_S.includes(field.name));
    reports[type] = { fields, ...reportOver(type, schema, SESSIONS) };
  }
});

const direct = (chart) => reports[chart.configParams.report_type].rows(chart);
const drawn = (connector, chart) => draw(connector, reports[chart.configParams.report_type].schema, chart);

function charts(seed, count) {
  const random = chance(seed);
  return Array.from({ length: count }, (_, at) => {
    const type = TYPES[at % TYPES.length];
    const { fields, column } = reports[type];
    const chart = randomChart(random, type, fields, (field) => column(field.name));
    return { ...chart, lastRefresh: stage.lastRefresh };
  });
}

test(`${CHARTS} random charts show what was posted`, () => {
  const connectors = [7, 60, 50000].map((rows) => signedIn(stage.token, { script: { PREMIUM_PAGE_ROWS: String(rows) } }));
  let full = 0;
  charts(SEED, CHARTS).forEach((chart, at) => {
    const connector = connectors[at % 20 === 0 ? 0 : 1 + (at % 2)];
    const expected = direct(chart);
    const name = `chart ${at} of seed ${SEED}: ${JSON.stringify(chart)}`;
    try {
      assertSame(drawn(connector, chart), expected);
    } catch (error) {
      throw new Error(`${name}: ${error.text || ''} ${error.message}`, { cause: error });
    }
    full += expected.length > 1 ? 1 : 0;
    connector.state.fetches.length = 0;
  });
  assert.ok(full > CHARTS / 3, `only ${full} charts have more than one row`);
});

test('the random charts use every operator, both ways, every kind of aggregation, and tables wider than one request', () => {
  const all = charts(SEED, CHARTS);
  const filters = all.flatMap((chart) => chart.filters.flat());
  assert.equal(new Set(filters.map(({ operator, type }) => `${operator} ${type}`)).size, 2 * 11);
  assert.equal(new Set(all.flatMap((chart) => chart.metrics.map((metric) => metric.aggregation))).size, 6 + 1);
  assert.ok(all.filter((chart) => requests(reports[chart.configParams.report_type].schema, chart).length > 1).length > 50);
  for (const field of ['created_at', 'finished_at', 'lastInteraction', undefined]) {
    assert.ok(all.filter((chart) => chart.configParams.date_field === field).length > 200, field);
  }
});

test('a table of all fields of all sessions comes in parts of twenty whose rows line up', () => {
  for (const type of ['sessions', 'talks']) {
    const { fields } = reports[type];
    const chart = {
      configParams: { report_type: type },
      dateRange: EVER,
      dimensions: fields.filter((field) => field.semantics.conceptType === 'DIMENSION').map((field) => field.name),
      metrics: fields.filter((field) => field.semantics.conceptType === 'METRIC')
        .map((field) => ({ field: field.name, aggregation: field.defaultAggregationType })),
      filters: [],
      lastRefresh: stage.lastRefresh,
    };
    assertSame(drawn(signedIn(stage.token), chart), direct(chart));
  }
});

const FAULTS = {
  'a refused token': { status: 401, headers: {}, body: Buffer.from('{}') },
  'an outage': { status: 503, headers: {}, body: Buffer.from('') },
  'a page cut short': { status: 200, headers: {}, body: Buffer.from('{"schema":[{"name":"sta') },
  'a lost connection': { error: 'ECONNRESET' },
};
for (const [name, fault] of Object.entries(FAULTS)) {
  test(`${name} in the middle of paging is an error, never fewer rows`, () => {
    const asked = { configParams: { report_type: 'talks' }, dateRange: EVER, lastRefresh: stage.lastRefresh };
    const chart = { ...asked, dimensions: ['talks_message'], metrics: [], filters: [] };
    const pages = (network) => signedIn(stage.token, { script: { PREMIUM_PAGE_ROWS: '100' }, network });
    const whole = pages();
    drawn(whole, chart);
    const requests = whole.state.fetches.length;
    assert.ok(requests > 5, `${requests} requests`);
    for (let failing = 2; failing <= requests; failing += 1) {
      const connector = pages((answer, nth) => (nth >= failing ? fault : answer));
      assert.ok(userErrorOf(() => drawn(connector, chart)).text);
    }
  });
}
