/**
 * Writes the generated pages of docs/ from a running stack: `PREMIUM_STACK_URL`, and an admin's token of it in
 * `PREMIUM_STACK_ADMIN`. Run as `npm run legend`.
 */
const fs = require('node:fs');
const path = require('node:path');
const { legendPage, templatePage } = require('./pages.js');

const ROOT = path.join(__dirname, '..');
const TYPES = ['sessions', 'summary', 'talks', 'talk_options', 'events', 'tags', 'contact_platforms'];
const LANGUAGES = ['pt', 'en'];

/**
 * @param {string} url The stack.
 * @param {string} token An admin's.
 * @return {Promise<Object<string, string>>} Each generated page by its path under connector/.
 */
async function generatedPages(url, token) {
  const templates = fs.readdirSync(path.join(ROOT, 'templates')).map((name) => {
    return JSON.parse(fs.readFileSync(path.join(ROOT, 'templates', name), 'utf8'));
  });
  const pages = {};
  for (const language of LANGUAGES) {
    const schemas = {};
    for (const type of TYPES) schemas[type] = await schemaOf(url, token, type, language);
    pages[`docs/${language}/fields.md`] = legendPage(language, schemas);
    for (const template of templates) {
      pages[`docs/${language}/templates/${template.id}.md`] = templatePage(language, schemas, template);
    }
  }
  return pages;
}

async function schemaOf(url, token, type, language) {
  const response = await fetch(`${url}/v1/schema?account=legend&report_type=${type}&lang=${language}`, {
    headers: { Authorization: `Bearer ${token}` },
  });
  if (!response.ok) throw new Error(`${url}: HTTP ${response.status} ${await response.text()}`);
  return (await response.json()).schema;
}

async function main() {
  const { PREMIUM_STACK_URL: url, PREMIUM_STACK_ADMIN: token } = process.env;
  if (!url || !token) throw new Error('set PREMIUM_STACK_URL and PREMIUM_STACK_ADMIN to a running stack');
  for (const [name, text] of Object.entries(await generatedPages(url, token))) {
    const file = path.join(ROOT, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  }
}

if (require.main === module) {
  main().catch((error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  });
}

module.exports = { generatedPages };
