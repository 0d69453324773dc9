// The numbers on the page are those of the API, and of the sessions that were posted.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { dayBefore, follow, launch, newAccount, open, rows, store, visit } from './stack.js';
import { sessions } from './sessions.js';

const COUNT = 57;
const PERIOD = { dateRange: { startDate: dayBefore(27), endDate: dayBefore(0) } };
const posted = sessions(COUNT);

let browser;
let world;
let opened;

before(async () => {
  browser = await launch();
  world = await newAccount();
  await store(world, posted);
  opened = await open(browser, world.token);
});
after(() => browser.close());

const number = (value) => Number(value).toLocaleString('pt-BR');
const time = (seconds) => new Date(Math.round(seconds) * 1000).toISOString().slice(11, 19);
const score = (tab, id) => tab.locator(`[data-measure=${id}] strong`).textContent();
const summary = (fields, filters = []) => rows(world.token, 'summary', fields, { ...PERIOD, dimensionsFilters: filters });
const team = (name) => [[
  { fieldName: 'campaign_name', type: 'INCLUDE', ...(name ? { operator: 'EQUALS', values: [name] } : { operator: 'IS_NULL', values: [] }) },
]];
const SCORES = ['sessions', 'attended_sessions', 'lost_sessions', 'tma', 'tme', 'tta'];
const namesOf = (stops) => stops.evaluateAll((links) => links.map((link) => link.getAttribute('aria-label')));

async function sameScores(tab, filters) {
  const [[all, attended, lost, tma, tme, tta]] = await summary(SCORES, filters);
  const shown = await Promise.all(SCORES.map((id) => score(tab, id)));
  const times = [tma, tme, tta].map((seconds) => (seconds === null ? '—' : time(seconds)));
  assert.deepEqual(shown, [number(all), number(attended), number(lost), ...times]);
  return { all, attended, lost };
}

// A table of the dashboard as [first cell, number of sessions].
const shownTable = async (tab, name) => {
  const lines = await tab.getByRole('group', { name, exact: true }).locator('tbody tr').allInnerTexts();
  return lines.map((line) => line.split('\t').map((cell) => cell.trim())).map((cells) => [cells[0], cells[2]]);
};

const sorted = (pairs) => [...pairs].sort((a, b) => (a[0] < b[0] ? -1 : 1));

test('the figures of the dashboard are those of the API and of what was posted', async () => {
  const { tab, wrong } = opened;
  await visit(tab, '#/painel');
  const { all, attended, lost } = await sameScores(tab, []);
  assert.deepEqual([all, attended, lost], [COUNT, COUNT / 3, COUNT / 3]);
  const tables = [
    ['Por equipe', 'campaign_name', '(sem equipe)'], ['Por canal', 'channel', '(sem canal)'],
    ['Por tabulação', 'tabulation', '(sem tabulação)'],
  ];
  for (const [name, dimension, nothing] of tables) {
    const expected = (await summary([dimension, 'sessions'])).map(([value, count]) => [value ?? nothing, number(count)]);
    assert.deepEqual(sorted(await shownTable(tab, name)), sorted(expected), name);
  }
  const cells = await tab.locator('.heat td a').evaluateAll((links) => links.map((link) => Number(link.textContent)));
  const hours = (await summary(['created_weekday', 'created_hour', 'sessions'])).map(([, , count]) => count);
  assert.deepEqual(cells.sort(), hours.sort());
  assert.deepEqual(wrong, []);
});

test('every day of the period has its numbers, by pointing, by keyboard and in the table', async () => {
  const { tab } = opened;
  await visit(tab, '#/painel');
  const figure = tab.locator('.figure').first();
  const stops = figure.locator('.chart a');
  assert.equal(await stops.count(), 28);
  const daily = new Map((await summary(['created_date', 'sessions', 'lost_sessions'])).map(([day, ...counts]) => [day, counts]));
  const names = await namesOf(stops);
  names.forEach((name, index) => {
    const day = dayBefore(27 - index);
    const [all, lost] = daily.get(day.replaceAll('-', '')) ?? [0, 0];
    const [year, month, date] = day.split('-');
    assert.equal(name, `${date}/${month}/${year}: Sessões ${all} · Perdidas ${lost}`);
  });
  await stops.first().focus();
  await tab.keyboard.press('End');
  await tab.keyboard.press('ArrowLeft');
  assert.equal(await figure.locator('.readout').textContent(), names[26]);
  await stops.nth(3).hover();
  assert.equal(await figure.locator('.readout').textContent(), names[3]);
  await figure.getByText('Ver como tabela').click();
  assert.equal(await figure.locator('tbody tr').count(), 28);
});

test('the arrow down goes to the next number of the same weekday', async () => {
  const { tab } = opened;
  await visit(tab, '#/painel');
  const place = () => tab.evaluate(() => {
    const cell = document.activeElement.closest('td');
    return [cell.cellIndex, cell.parentElement.rowIndex];
  });
  const links = tab.locator('.heat td a');
  const columns = await links.evaluateAll((all) => all.map((link) => link.closest('td').cellIndex));
  const start = columns.findIndex((column, at) => columns.indexOf(column, at + 1) > at + 1);
  await links.nth(start).focus();
  const [column, row] = await place();
  await tab.keyboard.press('ArrowDown');
  const [after, below] = await place();
  assert.equal(after, column);
  assert(below > row);
});

test('a day that does not exist is no period', async () => {
  const { tab } = opened;
  await visit(tab, '#/painel?from=2026-02-31&to=2026-03-02');
  assert.equal(await tab.getByLabel('De', { exact: true }).inputValue(), dayBefore(27));
});

test('the dictionary is searched by words in any order, in both languages and however they are parted', async () => {
  const { tab } = opened;
  await visit(tab, '#/dicionario');
  for (const words of ['agent_name', 'name agent', 'agent.name', 'nome do agente']) {
    await tab.getByLabel('Procurar', { exact: true }).fill(words);
    await tab.locator('tbody code', { hasText: /^agent_name$/ }).first().waitFor({ timeout: 5000 });
  }
});

test('a long period is drawn by month', async () => {
  const { tab } = opened;
  const [from, to] = [dayBefore(120), dayBefore(0)];
  await visit(tab, `#/painel?from=${from}&to=${to}`);
  const names = await namesOf(tab.locator('.figure').first().locator('.chart a'));
  const months = new Set(Array.from({ length: 121 }, (_, back) => dayBefore(back).slice(0, 7)));
  assert.equal(names.length, months.size);
  const counts = names.map((name) => Number(/Sessões (\d+)/.exec(name)[1]));
  assert.equal(counts.reduce((sum, count) => sum + count), COUNT);
  const [[inLast]] = await rows(world.token, 'summary', ['sessions'], { dateRange: { startDate: `${to.slice(0, 8)}01`, endDate: to } });
  assert.equal(counts.at(-1), inLast);
});

test('filters narrow every number, also to the sessions without a team', async () => {
  const { tab } = opened;
  for (const name of ['Vendas', '']) {
    await visit(tab, `#/painel?team=${name}`);
    const { all } = await sameScores(tab, team(name));
    assert.equal(all, COUNT / 3);
    assert.equal(await tab.getByLabel('Equipe', { exact: true }).inputValue(), `=${name}`);
  }
  await tab.getByLabel('Canal', { exact: true }).selectOption('=Site');
  await follow(tab, tab.getByRole('button', { name: 'Mostrar' }), 'painel');
  assert.equal(await score(tab, 'sessions'), number(posted.filter((one) => !one.campaign_name && one.channel === 'Site').length));
});

test('each number leads to its sessions, and they come as a file', async () => {
  const { tab } = opened;
  await visit(tab, '#/painel');
  await follow(tab, tab.getByRole('link', { name: 'Ver as perdidas' }), 'conversas');
  assert.equal(await tab.locator('tbody tr').count(), COUNT / 3);
  await visit(tab, '#/painel');
  const cell = tab.locator('.heat td a').first();
  const count = Number(await cell.textContent());
  await follow(tab, cell, 'conversas');
  assert.equal(await tab.locator('tbody tr').count(), count);
  await visit(tab, '#/painel');
  await follow(tab, tab.getByRole('link', { name: 'Suporte' }), 'conversas');
  assert.equal(await tab.locator('tbody tr').count(), COUNT / 3);
  const download = async (name) => {
    const [saved] = await Promise.all([tab.waitForEvent('download'), tab.getByRole('button', { name }).click()]);
    return { name: saved.suggestedFilename(), bytes: await readFile(await saved.path()) };
  };
  const saved = async (name) => (await download(name)).bytes.toString('utf8');
  const few = await saved('Baixar estas sessões (CSV)');
  assert.equal(few.trim().split('\r\n').length, 1 + COUNT / 3);
  assert(few.startsWith('\uFEFF"Criação da sessão";'), few.slice(0, 40));
  const workbook = await download('Baixar estas sessões (Excel)');
  assert.equal(workbook.name, 'sessions.xlsx');
  assert.equal(workbook.bytes.subarray(0, 2).toString(), 'PK');
  await visit(tab, '#/painel');
  const period = await saved('Baixar as sessões (CSV)');
  assert.equal(period.trim().split('\r\n').length, 1 + COUNT);
  await visit(tab, '#/painel?team=Vendas');
  const team = await saved('Baixar as sessões (CSV)');
  assert.equal(team.trim().split('\r\n').length, 1 + COUNT / 3, 'a file holds what the numbers count');
  await visit(tab, '#/dicionario');
  const dictionary = await saved(/Baixar o dicionário/);
  assert(dictionary.includes('sessions;tma;TMA;'), 'measures are in the file');
  assert(dictionary.includes('SUM($tma_seconds)/SUM($tma_sessions)'), 'with their formulas');
});

test('a list longer than a page goes on', async () => {
  const { tab } = opened;
  await visit(tab, `#/conversas?from=${dayBefore(27)}&to=${dayBefore(0)}`);
  assert.equal(await tab.locator('tbody tr').count(), 50);
  await tab.getByRole('button', { name: 'Mostrar mais' }).click();
  await tab.locator(`tbody tr:nth-child(${COUNT})`).waitFor();
  assert(await tab.getByRole('button', { name: 'Mostrar mais' }).isHidden());
});
