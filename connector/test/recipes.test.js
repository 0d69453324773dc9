const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { DefaultSettings, TaskUtils } = require('@microsoft/powerquery-parser');

const FOLDER = path.join(__dirname, '..', 'recipes');
const read = (name) => fs.readFileSync(path.join(FOLDER, name), 'utf8');
const QUERIES = fs.readdirSync(FOLDER).filter((name) => name.endsWith('.pq'));

test('there is a query for Excel and one for Power BI, and they differ in their first lines only', () => {
  assert.deepEqual(QUERIES, ['excel.pq', 'powerbi.pq']);
  const [excel, powerBi] = QUERIES.map((name) => read(name).split('    Headers = ')[1]);
  assert.equal(excel, powerBi);
});

for (const name of QUERIES) {
  test(`${name} is an expression that Power Query reads`, async () => {
    const task = await TaskUtils.tryLexParse(DefaultSettings, read(name));
    assert.ok(TaskUtils.isParseStageOk(task), String(task.error));
    const broken = await TaskUtils.tryLexParse(DefaultSettings, read(name).replace('    Raw = ', '    Raw '));
    assert.ok(!TaskUtils.isParseStageOk(broken));
  });
}
