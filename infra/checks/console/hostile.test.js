// Whatever is stored, nothing of it runs: it is shown as the text it is.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, attempt, expect, launch, newAccount, open, store, url, visit } from './stack.js';
import { HOSTILE, hostile } from './sessions.js';

const REPORT = 'https://datastudio.google.com/reporting/6b0e04a4-0000-4000-8000-3c9d3f3c0a01';
const SCRIPT = 'javascript:window.hacked=1';

let browser;
let world;
let opened;

before(async () => {
  browser = await launch();
  world = await newAccount();
  await store(world, [hostile]);
  await expect(201, 'POST', '/v1/tokens', world.token, { scope: 'report', label: HOSTILE.slice(0, 60) });
  await expect(201, 'POST', '/v1/reports', world.token, { title: HOSTILE, url: REPORT });
  opened = await open(browser, world.token);
});
after(() => browser.close());

// Nothing ran, nothing was made of the text, and every link goes where links may go.
async function harmless({ tab, wrong }) {
  assert.deepEqual(wrong, []);
  assert.equal(await tab.evaluate(() => window.hacked), undefined);
  assert.equal(await tab.locator('main img, main script, main [onload], main [onerror], main [style]').count(), 0);
  const links = await tab.locator('a, iframe').evaluateAll((all) => all.map((one) => one.getAttribute('href') ?? one.getAttribute('src')));
  for (const link of links) assert(link === null || /^#|^https:/.test(link) || link.startsWith(`${url}/`), link);
}

for (const address of ['conector', 'modelos', 'relatorios', 'painel', 'conversas', 'conversas?session=h-1', 'saude', 'privacidade', 'dicionario']) {
  test(`hostile content does nothing on ${address}`, async () => {
    await visit(opened.tab, `#/${address}`);
    await harmless(opened);
  });
}

test('the conversation shows markup as the text it is', async () => {
  await visit(opened.tab, '#/conversas?session=h-1');
  const shown = await opened.tab.locator('.said').allTextContents();
  assert.deepEqual(shown, [HOSTILE, HOSTILE, 'javascript:window.hacked=1']);
});

test('an address made by somebody else does nothing', async () => {
  const text = encodeURIComponent(HOSTILE);
  for (const address of [`conversas?session=${text}`, `conversas?where=${text}`, `conversas?where=campaign_name:${text}`,
    `painel?team=${text}&channel=${text}&from=${text}&to=2026`, `relatorios?id=${text}`, `painel?from=0001-01-01&to=9999-12-31`, `privacidade?from=${text}&to=${text}`, `dicionario?lang=${text}&account=${text}`]) {
    await attempt(opened.tab, `#/${address}`);
    await harmless(opened);
  }
});

test('a link in a row that is not https is no link', async () => {
  const { tab } = opened;
  const bad = async (route) => {
    const answer = await route.fetch();
    const body = await answer.json();
    const at = body.schema.findIndex((field) => field.name === 'media_url');
    if (at >= 0) for (const row of body.rows) row.values[at] = SCRIPT;
    await route.fulfill({ response: answer, json: body });
  };
  await tab.route('**/v1/data*', bad);
  await visit(tab, '#/conversas?session=h-1');
  assert.equal(await tab.locator('.talk').count(), 3);
  assert.equal(await tab.locator('.talk a').count(), 0);
  await harmless(opened);
  await tab.unroute('**/v1/data*', bad);
});

test('a report that is not of Data Studio is neither framed nor linked, whatever the server says', async () => {
  const { tab } = opened;
  const report = { id: 'x', title: 'x', url: SCRIPT, embed_url: 'https://datastudio.google.com.example.com/' };
  const bad = (route) => route.fulfill({ json: { reports: [report] } });
  await tab.route('**/v1/reports?*', bad);
  await visit(tab, '#/relatorios');
  assert.equal(await tab.locator('iframe').count(), 0);
  assert.equal(await tab.getByRole('link', { name: /Data Studio/ }).count(), 0);
  await tab.unroute('**/v1/reports?*', bad);
  const { status } = await ask('POST', '/v1/reports', world.token, { title: 'x', url: SCRIPT });
  assert.equal(status, 422);
});
