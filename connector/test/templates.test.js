const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { dataSourceLink, reportLink } = require('../links.js');

const FOLDER = path.join(__dirname, '..', 'templates');
const TEMPLATES = fs.readdirSync(FOLDER).map((name) => JSON.parse(fs.readFileSync(path.join(FOLDER, name), 'utf8')));
const KINDS = ['scorecard', 'time_series', 'bar', 'pie', 'table', 'pivot_table'];
const DEPLOYMENT = 'AKfycbxEXAMPLE-0_1';

test('there are the six reports that supervisors know by name', () => {
  const ids = ['agentes', 'atendimento', 'conversas', 'distribuicao', 'perdidas', 'tabulacao'];
  assert.deepEqual(TEMPLATES.map((template) => template.id), ids);
  assert.deepEqual(fs.readdirSync(FOLDER), ids.map((id) => `${id}.json`));
});

for (const template of TEMPLATES) {
  test(`${template.id} says of each chart all that one needs to build it, in both languages`, () => {
    for (const { pt, en } of [template.title, template.about, ...template.pages.map((page) => page.title)]) assert.ok(pt && en);
    for (const chart of template.pages.flatMap((page) => page.charts)) {
      assert.ok(chart.title.pt && chart.title.en && KINDS.includes(chart.type), chart.title.pt);
      assert.ok(template.sources.some((source) => source.alias === chart.source), chart.title.pt);
      assert.ok(chart.metrics.length > 0, chart.title.pt);
      assert.equal(chart.dimensions.length === 0, chart.type === 'scorecard', chart.title.pt);
      const shown = [...chart.dimensions, ...chart.metrics.map((metric) => metric.field)];
      assert.ok(chart.type === 'scorecard' || shown.includes(chart.sort.field), chart.title.pt);
    }
  });

  test(`the link to ${template.id} sets every data source and holds no token`, () => {
    const link = new URL(reportLink(template, 'report-1', DEPLOYMENT));
    assert.equal(`${link.origin}${link.pathname}`, 'https://datastudio.google.com/reporting/create');
    assert.ok(link.href.length <= 2048, `${link.href.length}`);
    const given = Object.fromEntries(link.searchParams);
    const expected = { 'c.reportId': 'report-1', 'r.reportName': template.title.pt };
    for (const { alias, report_type: type, date_field: date } of template.sources) {
      Object.assign(expected, {
        [`ds.${alias}.connector`]: 'community', [`ds.${alias}.connectorId`]: DEPLOYMENT, [`ds.${alias}.datasourceName`]: `Premium Report: ${type}`,
        [`ds.${alias}.refreshFields`]: 'false', [`ds.${alias}.report_type`]: type, [`ds.${alias}.date_field`]: date,
      });
    }
    assert.deepEqual(given, expected);
  });
}

test('the link to a new data source carries the answers as JSON, and none where there are none', () => {
  const link = new URL(dataSourceLink(DEPLOYMENT, { report_type: 'summary', date_field: 'finished_at' }));
  assert.equal(`${link.origin}${link.pathname}`, 'https://datastudio.google.com/datasources/create');
  assert.deepEqual(Object.fromEntries(link.searchParams), {
    connectorId: DEPLOYMENT, connectorConfig: '{"report_type":"summary","date_field":"finished_at"}',
  });
  assert.equal(dataSourceLink(DEPLOYMENT), `https://datastudio.google.com/datasources/create?connectorId=${DEPLOYMENT}`);
});
