/** The generated pages of docs/ are what the running stack's dictionary says now. */
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { generatedPages } = require('../../tools/legend.js');
const { ADMIN, STACK } = require('./stage.js');

test('the legend and the templates\' pages are current; otherwise run npm run legend', async () => {
  const pages = await generatedPages(STACK, ADMIN);
  assert.equal(Object.keys(pages).length, 2 * 7);
  for (const [name, text] of Object.entries(pages)) {
    assert.equal(fs.readFileSync(path.join(__dirname, '..', '..', name), 'utf8'), text, name);
  }
});
