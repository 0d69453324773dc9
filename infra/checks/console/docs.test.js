// The API for people: whole without signing in, and a tester that stores nothing.

import assert from 'node:assert/strict';
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

test('the first call of the page is one that works', async () => {
  const { tab, context } = await docs();
  const call = await tab.locator('#inicio pre').first().innerText();
  const body = JSON.parse(/-d '(.*)'$/s.exec(call)[1]);
  body[0].created_at = `${dayBefore(1)} 14:05:22`;
  assert.equal((await expect(200, 'POST', '/v1/sessions', ingest, body)).accepted, 1);
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
