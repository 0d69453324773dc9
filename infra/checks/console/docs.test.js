// The API for people: whole without signing in, and a tester that stores nothing.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import axe from 'axe-core';
import { admin, dayBefore, expect, launch, newAccount, newTab, rows, url } from './stack.js';

let browser;
let world;
let ingest;

before(async () => {
  browser = await launch();
  world = await newAccount();
  ingest = (await expect(201, 'POST', '/v1/tokens', admin, { account: world.account, scope: 'ingest' })).token;
});
after(() => browser.close());

async function docs(options, query = '') {
  const opened = await newTab(browser, options);
  await opened.tab.goto(`${url}/docs${query}`);
  await opened.tab.waitForSelector('[data-ready=docs]');
  return opened;
}

for (const width of [360, 1280]) {
  for (const colorScheme of ['light', 'dark']) {
    test(`the page is sound at ${width} px in ${colorScheme}`, async () => {
      const { tab, wrong, context } = await docs({ width, colorScheme });
      await tab.evaluate(() => document.querySelectorAll('details').forEach((one) => { one.open = true; }));
      await tab.evaluate(axe.source);
      const { violations } = await tab.evaluate(() => globalThis.axe.run());
      assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 160)}`), []);
      const [page, window] = await tab.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      assert(page <= window, `${page} px wide in a window of ${window}`);
      assert.deepEqual(wrong, []);
      await context.close();
    });
  }
}

test('every endpoint and every field is there, in both languages', async () => {
  const api = await (await fetch(`${url}/v1/openapi.json`)).json();
  const operations = Object.values(api.paths).flatMap((item) => Object.keys(item).filter((method) => method !== 'parameters'));
  const { tab, context } = await docs();
  assert.equal(await tab.locator('#enderecos details').count(), operations.length);
  assert.equal(await tab.locator('#campos tbody tr').count(), 108);
  await tab.getByText('Recebe sessões').waitFor();
  await tab.getByLabel('Procurar').fill('tabulação');
  await tab.getByRole('rowheader', { name: 'tabulation' }).first().waitFor();
  await tab.getByRole('button', { name: 'English' }).click();
  await tab.getByText('Takes sessions in').waitFor();
  const text = (await tab.locator('main').innerText()).replaceAll(/sim|não|nao/g, '');
  // Names that the platform itself writes in Portuguese are quoted.
  assert.equal(text.match(/.{0,30}[ãõç].{0,30}/gi), null);
  await context.close();
});

test('every endpoint has a call, and what it says is in the language of the page', async () => {
  const { tab, context } = await docs({}, '?lang=en#export');
  assert.equal(await tab.locator('details[open]').getAttribute('id'), 'export', 'the address opens an endpoint');
  await tab.evaluate(() => document.querySelectorAll('details').forEach((one) => { one.open = true; }));
  for (const endpoint of await tab.locator('#enderecos details').all()) {
    const [call, ...texts] = await endpoint.locator('pre').allInnerTexts();
    assert.match(call, /^curl (--head |-X [A-Z]+ )?'http[^'{%]+'/);
    const told = [...await endpoint.locator('p, th, td').allInnerTexts(), await endpoint.locator('summary').innerText()];
    for (const text of [call, ...texts, ...told]) assert.doesNotMatch(text, /undefined|\[object|^—$/);
    // What stands in a cell of a Portuguese file is quoted.
    for (const text of told) assert.doesNotMatch(text.replace('Não', ''), /[ãõç]/);
  }
  await context.close();
});

test('who copies the first calls of the page posts a session and sees its row', async () => {
  const { tab, context } = await docs();
  const calls = (await tab.locator('#inicio pre').allInnerTexts()).filter((text) => text.startsWith('curl'));
  const run = (call, TOKEN) => JSON.parse(execFileSync('sh', ['-c', call], { env: { ...process.env, TOKEN }, stdio: ['ignore', 'pipe', 'ignore'] }));
  assert.equal(run(calls[0], ingest).accepted, 1);
  const rowOf = () => run(calls[1], world.report).rows.find(({ values }) => values[0] === '65f0c0ffee00000000000001');
  for (const deadline = Date.now() + 20000; !rowOf();) assert(Date.now() < deadline, 'the row does not show');
  await context.close();
});

test('a pasted document is validated, its mistakes are told, and nothing is stored', async () => {
  const { tab, context } = await docs();
  const session = { session_id: 'pasted', created_at: `${dayBefore(1)} 10:00:00` };
  const mistakes = [
    { ...session, created_at: 'ontem' }, { ...session, attendance_timer: { tma: 'vinte' } }, { ...session, talks: [{ messagem: 'oi' }] },
  ];
  await tab.getByLabel('Token', { exact: true }).fill(ingest);
  await tab.getByLabel('Documento', { exact: true }).fill(JSON.stringify(mistakes));
  await tab.getByRole('button', { name: 'Validar' }).click();
  const told = tab.locator('#testar');
  await told.getByText('received 3 · accepted 2 · unchanged 0 · stale 0 · ignored 0 · rejected 1 · warned 1').waitFor();
  await told.getByText('created_at não é uma data com hora').waitFor();
  await told.getByText('attendance_timer.tma deve ser um número de segundos').waitFor();
  await told.getByText('talks.messagem').waitFor();
  const kept = await rows(world.token, 'sessions', ['session_id']);
  assert(!kept.some(([id]) => id === 'pasted'));
  await tab.getByLabel('Token', { exact: true }).fill('wrong');
  await tab.getByRole('button', { name: 'Validar' }).click();
  await told.getByRole('alert').waitFor();
  await context.close();
});
