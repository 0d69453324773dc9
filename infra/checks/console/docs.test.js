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
  assert.equal(await tab.locator('#indice tbody tr').count(), operations.length);
  assert.equal(await tab.locator('#campos tbody tr').count(), 108);
  await tab.locator('#enderecos').getByText('Recebe sessões').waitFor();
  await tab.getByLabel('Procurar').fill('tabulação');
  await tab.getByRole('rowheader', { name: 'tabulation' }).first().waitFor();
  await tab.getByRole('button', { name: 'English' }).click();
  await tab.locator('#enderecos').getByText('Takes sessions in').waitFor();
  const text = (await tab.locator('main').innerText()).replaceAll(/sim|não|nao/g, '');
  // Names that the platform itself writes in Portuguese are quoted.
  assert.equal(text.match(/.{0,30}[ãõç].{0,30}/gi), null);
  await context.close();
});

// What the server itself says in a message, and what stands for data, are the same in both languages.
const languages = [
  { query: '', tag: 'pt-BR', foreign: /\b(is|are|the|of|and|not)\b/, data: /\((por exemplo|RFC) [^)]*\)/g },
  { query: '?lang=en', tag: 'en', foreign: /[ãõç]/, data: /Não/g },
];

for (const { query, tag, foreign, data } of languages) {
  test(`every endpoint has a call with the token it takes, and all is in the language of the page: ${tag}`, async () => {
    const { tab, context } = await docs({}, query);
    const api = await (await fetch(`${url}/v1/openapi.json`)).json();
    const scopes = new Map(Object.values(api.paths).flatMap((item) => Object.values(item)).filter((one) => one.operationId)
      .map((one) => [one.operationId, /Scopes?: ([^.]+)\.$/.exec(one.description)?.[1]]));
    await tab.evaluate(() => document.querySelectorAll('details').forEach((one) => { one.open = true; }));
    for (const endpoint of await tab.locator('#enderecos details').all()) {
      const [call, ...texts] = await endpoint.locator('pre').allInnerTexts();
      assert.match(call, /^curl (--head |-X [A-Z]+ )?'http(?:[^'{%]|%(?!7B))+'/);
      const token = /Bearer \$TOKEN_([A-Z]+)"/.exec(call)?.[1];
      const allowed = scopes.get(await endpoint.getAttribute('id'));
      if (allowed) assert(allowed.includes(`\`${token?.toLowerCase()}\``), call);
      else assert.doesNotMatch(call, /TOKEN/);
      if (allowed) assert(call.includes(`Accept-Language: ${tag}'`), call);
      const told = [...await endpoint.locator('p, th, td').allInnerTexts(), await endpoint.locator('summary').innerText()];
      for (const text of [call, ...texts, ...told]) assert.doesNotMatch(text, /undefined|\[object|^—$/);
      if (tag === 'en') for (const text of told) assert.doesNotMatch(text.replaceAll(data, ''), foreign);
    }
    for (const text of await tab.locator('section:not(#exemplos) pre').allInnerTexts()) {
      for (const [message] of text.matchAll(/"(message|detail|label|description|grain)": ".*?[^\\]"/g)) {
        assert.doesNotMatch(message.replaceAll(data, ''), foreign);
      }
    }
    await context.close();
  });

  test(`who copies the first calls of the page sends a session, corrects it and sees its row: ${tag}`, async () => {
    // An account like a newcomer's, which keeps sessions from today on.
    const account = `newcomer-${Date.now()}`;
    const issue = async (scope) => (await expect(201, 'POST', '/v1/tokens', admin, { account, scope })).token;
    const env = { ...process.env, TOKEN_INGEST: await issue('ingest'), TOKEN_REPORT: await issue('report') };
    const { tab, context } = await docs({}, query);
    const calls = (await tab.locator('#inicio pre').allInnerTexts()).filter((text) => text.startsWith('curl'));
    assert.equal(calls.length, 4);
    const run = (call) => JSON.parse(execFileSync('sh', ['-c', call], { env, stdio: ['ignore', 'pipe', 'ignore'] }));
    assert.equal(run(calls[0]).starts_on, dayBefore(0));
    for (const call of calls.slice(1, 3)) assert.equal(run(call).accepted, 1, call);
    const corrected = () => run(calls[3]).rows.some(({ values }) => values[0] === '65f0c0ffee00000000000001' && values[3] === 'Ana Lima');
    for (const deadline = Date.now() + 20000; !corrected();) assert(Date.now() < deadline, 'the row does not show');
    assert.match(await tab.locator('#inicio').innerText(), /agent\.name (se lê como|is read as) agent_name/);
    await context.close();
  });

  test(`the first steps show whole answers, and what they say of values is what the server says: ${tag}`, async () => {
    const { tab, context } = await docs({}, query);
    const shown = (await tab.locator('#inicio pre').allInnerTexts()).filter((text) => text.startsWith('{')).map((text) => JSON.parse(text));
    const [, , mixed, refused, read] = shown;
    assert.deepEqual(mixed.results.map(({ outcome }) => outcome), ['rejected', 'unchanged', 'stale', 'ignored']);
    assert.deepEqual(mixed.unknown_key_hints.map(({ key }) => key), mixed.unknown_keys);
    assert.deepEqual([refused.status, refused.rejected, refused.results.length], [422, 1, 1]);
    assert.equal(read.rows[0].values.length, read.schema.length);
    const soon = /"(.+)"$/.exec(refused.errors[0].message)[1];
    const [, long] = /"(.+)"; /.exec(mixed.warnings[0].message);
    const sent = [{ session_id: 'a', created_at: `${dayBefore(1)} 10:00:00`, attendance_timer: { tma: long } }, { session_id: 'b', created_at: soon }];
    const answer = await fetch(`${url}/v1/sessions?validate=true`, {
      method: 'POST', body: JSON.stringify(sent), headers: { Authorization: `Bearer ${ingest}`, 'Accept-Language': tag },
    });
    const { results, warnings } = await answer.json();
    assert.equal(results[0].message, refused.results[0].message);
    assert.equal(results[0].message, mixed.results[0].message);
    // What is only tried is not said to be stored.
    const fates = [mixed, { warnings }].map((one) => /; (o valor|the value) (.*)$/.exec(one.warnings[0].message)[2]);
    assert.deepEqual(fates, tag === 'en'
      ? ['was left out and the session was stored', 'would be left out and the session would be stored']
      : ['ficou de fora e a sessão foi gravada', 'ficaria de fora e a sessão seria gravada']);
    assert.equal(warnings[0].message.replace(fates[1], fates[0]), mixed.warnings[0].message);
    await context.close();
  });
}

test('what the page shows is of today, just after midnight too', async () => {
  for (const [time, day] of [['2027-03-01T03:10:00Z', '2027-03-01'], ['2027-03-01T02:50:00Z', '2027-02-28'], ['2027-03-01T18:00:00Z', '2027-03-01']]) {
    const opened = await newTab(browser);
    await opened.tab.clock.setFixedTime(time);
    await opened.tab.goto(`${url}/docs`);
    await opened.tab.waitForSelector('[data-ready=docs]');
    const texts = await opened.tab.locator('pre').allTextContents();
    const first = texts.find((text) => text.includes('v1/sessions'));
    assert.equal(/"created_at": "(\S+) /.exec(first)[1], day);
    assert.equal(/"updated_at": "(\S+) /.exec(first)[1], day);
    for (const text of texts) assert.doesNotMatch(text.replaceAll(/\(por exemplo [^)]*\)/g, ''), /2026-?10/);
    await opened.context.close();
  }
});

test('the index leads to every endpoint, and the address keeps the language', async () => {
  const { tab, context } = await docs({}, '?lang=en-US#export');
  assert.equal(await tab.locator('details[open]').getAttribute('id'), 'export', 'the address opens an endpoint');
  await tab.locator('#indice').getByRole('link', { name: 'POST /v1/media' }).click();
  await tab.locator('#postMedia[open]').waitFor();
  assert.match(tab.url(), /\?lang=en-US#postMedia$/);
  await tab.getByRole('button', { name: 'Português' }).click();
  await tab.getByRole('button', { name: 'English' }).click();
  await tab.getByRole('navigation').getByRole('link', { name: 'Rules' }).click();
  assert.match(tab.url(), /\?lang=en#regras$/);
  await tab.reload();
  await tab.getByRole('heading', { name: 'Which version stays' }).waitFor();
  for (const link of await tab.locator('#indice a').all()) assert(await tab.locator(await link.getAttribute('href')).count());
  const description = await tab.locator('.docs > .lead a').getAttribute('href');
  assert.equal((await fetch(description)).status, 200);
  await context.close();
});

test('without JavaScript the page has the first calls, which work, and says where the description is', async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const tab = await context.newPage();
  await tab.goto(`${url}/docs`);
  const told = tab.locator('noscript section');
  assert.match(await told.first().innerText(), /^Sem JavaScript, esta página mostra só o endereço base e as primeiras chamadas/);
  assert.match(await told.last().innerText(), /^Without JavaScript, this page shows only the base URL and the first calls/);
  assert(await told.last().isVisible());
  const { origin } = new URL(url);
  for (const text of await told.allInnerTexts()) assert.match(text, new RegExp(`(Endereço base|Base URL): ${origin}\n`));
  const account = `reader-${Date.now()}`;
  const issue = async (scope) => (await expect(201, 'POST', '/v1/tokens', admin, { account, scope })).token;
  const env = { ...process.env, TOKEN_INGEST: await issue('ingest'), TOKEN_REPORT: await issue('report') };
  const run = (call) => JSON.parse(execFileSync('sh', ['-c', call], { env, stdio: ['ignore', 'pipe', 'ignore'] }));
  const calls = await tab.locator('noscript pre').allInnerTexts();
  assert.equal(calls.length, 4);
  for (const send of [calls[0], calls[2]]) assert.equal(run(send).accepted, 1, send);
  for (const read of [calls[1], calls[3]]) {
    const there = () => run(read).rows.map(({ values }) => [values[0], values[2]].join(' ')).sort().join() === 'first Ana,primeira Ana';
    for (const deadline = Date.now() + 20000; !there();) assert(Date.now() < deadline, 'the rows do not show');
  }
  assert.equal(await tab.getByText('Carregando…').isVisible(), false);
  for (const link of await tab.locator('noscript a').all()) assert.equal(await link.evaluate((one) => one.href), `${new URL(url).origin}/v1/openapi.json`);
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
  await told.getByText('talks.messagem').first().waitFor();
  const kept = await rows(world.token, 'sessions', ['session_id']);
  assert(!kept.some(([id]) => id === 'pasted'));
  await tab.getByLabel('Token', { exact: true }).fill('wrong');
  await tab.getByRole('button', { name: 'Validar' }).click();
  await told.getByRole('alert').waitFor();
  await context.close();
});

test('the hints about unknown keys are shown with the other messages', async () => {
  const { tab, context } = await docs();
  const message = 'agent.nome não é uma chave conhecida e não foi lida; talvez agent.name';
  const counts = { received: 1, accepted: 1, unchanged: 0, stale: 0, ignored: 0, rejected: 0, warned: 0 };
  const answer = {
    ...counts, results: [], warnings: [], unknown_keys: ['agent.nome'], unknown_key_hints: [{ key: 'agent.nome', index: 0, session_id: 'a', items: 12, indexes: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], message }],
  };
  await context.route(/validate=true/, (route) => route.fulfill({ json: answer }));
  await tab.getByLabel('Token', { exact: true }).fill('any');
  await tab.getByLabel('Documento', { exact: true }).fill('{}');
  await tab.getByRole('button', { name: 'Validar' }).click();
  const row = tab.locator('#testar').getByRole('row', { name: message });
  assert.equal(await row.getByRole('rowheader').or(row.getByRole('cell')).first().innerText(), '0, 1, 2, 3, 4, 5, 6, 7, 8, 9…');
  await context.close();
});
