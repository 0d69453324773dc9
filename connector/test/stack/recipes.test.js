/** What the recipes for spreadsheets ask for, asked of a running stack, against the sessions that were posted. */
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { before, test } = require('node:test');
const { loadSheet } = require('../sheet.js');
const { reportOver, assertSame } = require('./expected.js');
const { madeUpSessions } = require('./made-up.js');
const { constants, requestsOf } = require('./power-query.js');
const { accountWith, call, STACK } = require('./stage.js');

const read = (name) => fs.readFileSync(path.join(__dirname, '..', '..', 'recipes', name), 'utf8');
const SESSIONS = madeUpSessions(8, 300);
const PERIOD = { Start: '2026-09-01', End: '2026-10-15' };

let stage;

before(async () => {
  stage = await accountWith('recipes', SESSIONS);
});

/** The rows of some fields as they were posted. */
async function posted(type, dateField, fields) {
  const { schema } = await call('GET', `/v1/schema?report_type=${type}`, stage.token);
  const isMetric = (id) => schema.find((field) => field.name === id).semantics.conceptType === 'METRIC';
  const summary = type === 'summary';
  const metrics = summary ? fields.filter(isMetric).map((field) => ({ field, aggregation: 'SUM' })) : [];
  const dimensions = summary ? fields.filter((id) => !isMetric(id)) : fields;
  const dateRange = { startDate: PERIOD.Start, endDate: PERIOD.End };
  const chart = { configParams: { date_field: dateField }, dateRange, dimensions, metrics, filters: [] };
  return reportOver(type, schema, SESSIONS).rows(chart);
}

for (const name of ['excel.pq', 'powerbi.pq']) {
  test(`${name} reads all pages of what was posted, and the names and types of its columns`, async () => {
    const text = read(name);
    const scope = { ...constants(text), ...PERIOD, cursor: null };
    const [page, schema] = requestsOf(text, scope);
    const rows = [];
    let pages = 0;
    // A page of the recipe is larger than all there is here: smaller ones lead the same way.
    for (let cursor = null; pages === 0 || cursor; pages += 1) {
      const { body } = requestsOf(text, { ...scope, cursor })[0];
      assert.equal(body.limit, 50000);
      const answer = await call('POST', `/${page.path}`, stage.token, { ...body, limit: 70 });
      rows.push(...answer.rows.map((row) => row.values));
      cursor = answer.nextCursor;
    }
    assert.ok(pages > 3, `${pages} pages`);
    assertSame(rows, await posted(scope.ReportType, scope.DateField, scope.Fields));
    const fields = (await call('GET', `/${schema.path}?${new URLSearchParams(schema.query)}`, stage.token)).schema;
    const named = scope.Fields.map((id) => fields.find((field) => field.name === id));
    for (const { label, semantics } of named) assert.ok(label && semantics.semanticType);
    assert.equal(new Set(named.map((field) => field.label)).size, scope.Fields.length, 'no two columns have one name');
  });
}

test('the sheet holds every row that was posted, texts as texts, with a slash behind the address too', async () => {
  const sheet = loadSheet(read('sheets.js'), { url: `${STACK}/`, limit: 70 });
  sheet.enterToken(`${stage.token}\n`);
  sheet.run('refreshSheet');
  const [fields, ...rows] = sheet.values();
  const expected = await posted('sessions', 'created_at', fields);
  assert.ok(sheet.requests() > 3, `${sheet.requests()} pages`);
  const blank = (value) => (value === null ? '' : value);
  const asSheet = (value) => {
    if (typeof value !== 'string') return blank(value);
    if (/^20\d{12}$/.test(value)) return value.replace(/(....)(..)(..)(..)(..)(..)/, '$1-$2-$3 $4:$5:$6');
    return /^20\d{6}$/.test(value) ? value.replace(/(....)(..)(..)/, '$1-$2-$3') : `'${value}`;
  };
  assertSame(rows, expected.map((row) => row.map(asSheet)));
});

test('a sheet whose refresh fails stays as it is and says why', () => {
  const sheet = loadSheet(read('sheets.js'), { url: STACK, limit: 70 });
  assert.throws(() => sheet.run('refreshSheet'), /Falta o token/);
  sheet.enterToken('forged');
  assert.throws(() => sheet.run('refreshSheet'), /HTTP 401/);
  assert.equal(sheet.values(), null);
});
