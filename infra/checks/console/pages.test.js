// Every page in every dress: accessible, inside its policy, no wider than its window, light, and in both languages.

import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { admin, dayBefore, expect, launch, newAccount, newTab, open, store, url, violations, visit } from './stack.js';
import { sessions } from './sessions.js';

const PAGES = ['conector', 'modelos', 'relatorios', 'painel', `conversas?from=${dayBefore(27)}&to=${dayBefore(0)}`, 'conversas?session=s-3', 'saude', 'privacidade', 'dicionario'];
const MOST_BYTES = 150 * 1000;
const FIRST_PAINT = 1000;
const REPORT = 'https://datastudio.google.com/reporting/6b0e04a4-0000-4000-8000-3c9d3f3c0a01';
const folder = process.env.PREMIUM_SHOTS ?? mkdtempSync(path.join(tmpdir(), 'premium-console-'));

let browser;
let world;

before(async () => {
  browser = await launch();
  world = await newAccount();
  await store(world, sessions(60));
  await expect(201, 'POST', '/v1/reports', world.token, { title: 'Vendas', url: REPORT });
});
after(() => browser.close());

// Gives the heat map every shade that it can have, and numbers of two digits: the contrast of a lone letter is not judged.
async function shadeAll(tab) {
  const shades = await tab.locator('.heat td:has(a)').evaluateAll((cells) => {
    cells.forEach((cell, index) => {
      cell.className = `heat${1 + (index % 6)}`;
      const link = cell.querySelector('a');
      link.textContent = '88';
      link.setAttribute('aria-label', '88');
    });
    return new Set(cells.map((cell) => cell.className)).size;
  });
  assert.equal(shades, 6, 'there are cells for all shades');
}

// What is wrong with the page as it stands, after a picture of it.
async function faults({ tab, wrong }, name) {
  const found = await violations(tab);
  found.push(...wrong.splice(0));
  const [page, window] = await tab.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  const titles = await tab.locator('h1').count();
  if (page > window) found.push(`${page} px wide in a window of ${window}`);
  if (titles !== 1) found.push(`${titles} titles`);
  await tab.screenshot({ path: path.join(folder, `${name.replace(/[^a-z0-9]+/g, '-')}.png`), fullPage: true });
  return found.map((fault) => `${name}: ${fault}`);
}

for (const width of [360, 1920]) {
  for (const colorScheme of ['light', 'dark']) {
    test(`every page is sound at ${width} px in ${colorScheme}`, async () => {
      const opened = await open(browser, world.token, { width, colorScheme });
      const found = [];
      for (const address of PAGES) {
        await visit(opened.tab, `#/${address}`);
        if (address === 'painel') await shadeAll(opened.tab);
        found.push(...await faults(opened, `${address} ${width} ${colorScheme}`));
      }
      assert.deepEqual(found, []);
      await opened.context.close();
    });

    test(`signing in and the operator's part are sound at ${width} px in ${colorScheme}`, async () => {
      const opened = await newTab(browser, { width, colorScheme });
      await opened.tab.goto(url);
      await opened.tab.getByLabel('Token').waitFor();
      const found = await faults(opened, `sign-in ${width} ${colorScheme}`);
      await opened.tab.getByLabel('Token').fill(admin);
      await opened.tab.keyboard.press('Enter');
      await opened.tab.getByLabel('Conta').waitFor();
      found.push(...await faults(opened, `accounts ${width} ${colorScheme}`));
      await opened.tab.getByLabel('Conta').fill(world.account);
      await opened.tab.keyboard.press('Enter');
      await visit(opened.tab, `#/modelos?account=${world.account}`);
      found.push(...await faults(opened, `operator ${width} ${colorScheme}`));
      assert.deepEqual(found, []);
      await opened.context.close();
    });
  }
}

test('in English no page keeps Portuguese words of its own', async () => {
  const { tab, context } = await open(browser, world.token);
  for (const address of ['conector', 'modelos', 'relatorios', 'saude', 'privacidade', 'dicionario']) {
    await visit(tab, `#/${address}?lang=en`);
    assert.equal(await tab.locator('html').getAttribute('lang'), 'en');
    const text = await tab.evaluate(() => document.body.innerText);
    const rest = text.replace('Português', '').match(/.{0,30}[ãõçáéíóúâêô].{0,30}/gi);
    assert.equal(rest, null, address);
  }
  // The choice goes along.
  await tab.getByRole('link', { name: 'Dashboard' }).click();
  await tab.getByText('By team').first().waitFor();
  await context.close();
});

test('all pages together are light, and the first one is painted within a second', async (t) => {
  const { tab, context } = await newTab(browser);
  const session = await context.newCDPSession(tab);
  const files = new Map();
  await session.send('Network.enable');
  session.on('Network.responseReceived', ({ requestId, response }) => files.set(requestId, { address: response.url, bytes: 0 }));
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    if (files.has(requestId)) files.get(requestId).bytes = encodedDataLength;
  });
  await tab.goto(`${url}/#token=${world.token}`);
  await tab.waitForSelector('[data-ready]');
  const paint = await tab.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0].startTime);
  assert(paint <= FIRST_PAINT, `painted after ${paint} ms`);
  for (const address of PAGES) await visit(tab, `#/${address}`);
  const own = [...files.values()].filter(({ address }) => address.startsWith(url) && !address.includes('/v1/'));
  const bytes = own.reduce((sum, file) => sum + file.bytes, 0);
  assert(own.length > 10, 'the files were seen');
  assert(bytes <= MOST_BYTES, `${bytes} bytes in ${own.length} files`);
  t.diagnostic(`${bytes} bytes in ${own.length} files, painted after ${Math.round(paint)} ms; pictures of all pages in ${folder}`);
  await context.close();
});
