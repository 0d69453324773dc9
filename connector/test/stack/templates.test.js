/** Every chart of every template, drawn from a running stack, against sums over the sessions that were posted. */
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { before, test } = require('node:test');
const { AT_ONCE, draw, requests } = require('../studio/chart.js');
const { SOME_LINK } = require('./direct.js');
const { assertSame, reportOver } = require('./expected.js');
const { madeUpSessions } = require('./made-up.js');
const { accountWith, signedIn, STACK } = require('./stage.js');

const FOLDER = path.join(__dirname, '..', '..', 'templates');
const TEMPLATES = fs.readdirSync(FOLDER).map((name) => JSON.parse(fs.readFileSync(path.join(FOLDER, name), 'utf8')));
const SESSIONS = madeUpSessions(6, 300);
const PERIOD = { startDate: '2026-09-10', endDate: '2026-10-05' };

let stage;
let connector;
const reports = {};

before(async () => {
  stage = await accountWith('templates', SESSIONS);
  connector = signedIn(stage.token);
});

function reportOf(type) {
  const schema = () => connector.getSchema({ configParams: { report_type: type } }).schema;
  reports[type] = reports[type] || reportOver(type, schema(), SESSIONS);
  return reports[type];
}

/** A chart of a template as the simulator takes it, with the value of a control chosen. */
function chartOf(template, spec, control) {
  const { report_type, date_field } = template.sources.find((source) => source.alias === spec.source);
  return {
    configParams: { report_type, date_field },
    dateRange: PERIOD,
    dimensions: [...spec.dimensions, ...(spec.columns || [])],
    metrics: spec.metrics,
    filters: [...(spec.filters || []), ...control],
    lastRefresh: stage.lastRefresh,
  };
}

/** Where a link leads only the stack knows: that it is one, and that there is one, can be known. */
function known(row) {
  return row.map((value) => (typeof value === 'string' && value.startsWith(`${STACK}/m/`) ? SOME_LINK : value));
}

/** What is left after filters on metrics, which Data Studio applies to the finished rows. */
function kept(spec, rows) {
  const at = (field) => spec.dimensions.length + (spec.columns || []).length + spec.metrics.findIndex((metric) => metric.field === field);
  return rows.filter((row) => (spec.metric_filters || []).every(({ field, operator, value }) => {
    assert.equal(operator, '>=');
    return row[at(field)] >= value;
  }));
}

for (const template of TEMPLATES) {
  for (const spec of template.pages.flatMap((page) => page.charts)) {
    test(`${template.id}: ${spec.title.en} (${spec.type}) shows what was posted`, () => {
      for (const field of [null, ...template.controls]) {
        const type = template.sources.find((source) => source.alias === spec.source).report_type;
        const report = reportOf(type);
        const chosen = field && report.column(field).find((value) => value !== null);
        const control = field ? [[{ fieldName: field, type: 'INCLUDE', operator: 'IN_LIST', values: [chosen] }]] : [];
        const chart = chartOf(template, spec, control);
        if (type === 'summary') assert.ok(requests(report.schema, chart)[0].fields.length <= AT_ONCE);
        const expected = kept(spec, report.rows(chart));
        if (!field) assert.ok(expected.length > 0, 'the posted sessions have something to show');
        assertSame(kept(spec, draw(connector, report.schema, chart)).map(known), expected);
      }
    });
  }

  test(`${template.id} aggregates each metric in a way its field allows`, () => {
    for (const { source, metrics, dimensions, columns = [] } of template.pages.flatMap((page) => page.charts)) {
      const { schema } = reportOf(template.sources.find((each) => each.alias === source).report_type);
      const fieldOf = (id) => schema.find((field) => field.name === id);
      for (const { field, aggregation } of metrics) {
        assert.equal(fieldOf(field).semantics.conceptType, 'METRIC', field);
        assert.equal(aggregation, fieldOf(field).formula ? undefined : fieldOf(field).defaultAggregationType, field);
      }
      for (const id of [...dimensions, ...columns]) assert.equal(fieldOf(id).semantics.conceptType, 'DIMENSION', id);
    }
  });
}
