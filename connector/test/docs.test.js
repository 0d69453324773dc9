const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');

const ROOT = path.join(__dirname, '..');

/** The pages below a folder, by their path in it. */
function pagesBelow(folder) {
  return fs.readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.md')).sort();
}

const languages = ['pt', 'en'].map((language) => path.join(ROOT, 'docs', language));

test('every page is there in Portuguese and in English', () => {
  const [pt, en] = languages.map(pagesBelow);
  assert.ok(pt.length > 10);
  assert.deepEqual(pt, en);
});

test('every link from page to page leads somewhere', () => {
  const pages = [path.join(ROOT, 'README.md'), ...languages.flatMap((folder) => pagesBelow(folder).map((name) => path.join(folder, name)))];
  const links = pages.flatMap((page) => {
    const text = fs.readFileSync(page, 'utf8');
    return [...text.matchAll(/\]\(([^)#]+)\)/g)].map(([, target]) => ({ page, target })).filter(({ target }) => !/^https?:/.test(target));
  });
  assert.ok(links.length > 20);
  for (const { page, target } of links) assert.ok(fs.existsSync(path.join(path.dirname(page), target)), `${page}: ${target}`);
});
