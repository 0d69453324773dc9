/**
 * A small stack that answers as the HTTP contract says, in a worker of its own, so that a blocking fetch can reach
 * it. It is steered over HTTP: `POST /_plan` sets faults for the next requests, `GET /_log` tells what was asked.
 *
 * A fault is `{path, skip, times, status, headers, body, cut, patch}`: for requests whose path ends in `path`, after
 * `skip` of them and for `times` of them, answer this way; `cut` closes the connection without an answer; `patch`
 * changes members of the right answer.
 */
const { isMainThread, parentPort, workerData, Worker } = require('node:worker_threads');
const crypto = require('node:crypto');
const http = require('node:http');

const TYPES = ['sessions', 'talks', 'talk_options', 'events', 'tags', 'contact_platforms', 'summary'];
const TOKENS = {
  'pr_report_0123456789abcdef': 'report',
  'pr_console_0123456789abcdef': 'console',
  'pr_ingest_0123456789abcdef': 'ingest',
  'pr_admin_0123456789abcdef': 'admin',
};
const FIELDS = [
  field('session_id', 'STRING', 'TEXT', (n) => `s${String(n).padStart(4, '0')}`),
  field('status', 'STRING', 'TEXT', (n) => (n % 3 === 0 ? null : ['open', 'closed'][n % 2])),
  field('created_at', 'STRING', 'YEAR_MONTH_DAY_SECOND', (n) => `202610${String(1 + (n % 28)).padStart(2, '0')}120000`),
  field('created_date', 'STRING', 'YEAR_MONTH_DAY', (n) => `202610${String(1 + (n % 28)).padStart(2, '0')}`),
  field('expired', 'BOOLEAN', 'BOOLEAN', (n) => (n % 5 === 0 ? null : n % 2 === 0)),
  field('campaign_name', 'STRING', 'TEXT', (n) => (n % 7 === 0 ? null : 'Suporte é aqui')),
  field('sessions', 'NUMBER', 'NUMBER', () => 1, 'SUM'),
];

let plan = { rows: 25, faults: [] };
let log = [];
let requests = 0;

/** Starts the stack; resolves to `{url, close}`. */
function startFixture() {
  return new Promise((resolve, reject) => {
    const worker = new Worker(__filename, { workerData: 'fixture' });
    worker.once('error', reject);
    worker.once('message', (port) => resolve({ url: `http://127.0.0.1:${port}`, close: () => worker.terminate() }));
  });
}

function field(name, dataType, semanticType, value, aggregation) {
  const conceptType = aggregation ? 'METRIC' : 'DIMENSION';
  const wire = { name, label: name, description: name, dataType, group: 'Session', semantics: { conceptType, semanticType } };
  if (aggregation) Object.assign(wire, { defaultAggregationType: aggregation, isDefault: true });
  return { wire, value };
}

function handle(request, response, text) {
  const path = request.url.split('?')[0];
  if (path === '/_plan') {
    plan = { rows: 25, faults: [], ...JSON.parse(text) };
    log = [];
    return reply(response, 200, {});
  }
  if (path === '/_log') return reply(response, 200, log);
  log.push({ method: request.method, url: request.url, headers: request.headers, body: text });
  requests += 1;
  const fault = plan.faults.find((each) => path.endsWith(each.path) && due(each));
  if (fault && fault.cut) return response.destroy();
  if (fault && fault.status) {
    const body = fault.body === undefined ? problem(fault.status, 'as planned') : fault.body;
    return reply(response, fault.status, body, fault.headers);
  }
  const [status, body] = answer(request, new URL(request.url, 'http://fixture'), text);
  const named = { 'X-Request-Id': `req-${requests}` };
  if (!fault) return reply(response, status, body, named);
  const rows = fault.patch.repeat && Array.from({ length: fault.patch.repeat }, () => fault.patch.row);
  return reply(response, status, { ...body, ...(rows ? { rows } : fault.patch) }, named);
}

function due(fault) {
  if (fault.skip > 0) {
    fault.skip -= 1;
    return false;
  }
  fault.times = (fault.times === undefined ? 1e9 : fault.times) - 1;
  return fault.times >= 0;
}

function problem(status, detail, errors) {
  const title = http.STATUS_CODES[status];
  return { type: 'about:blank', title, status, detail, request_id: `req-${requests}`, ...(errors && { errors }) };
}

function reply(response, status, body, headers) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const type = typeof body === 'string' ? 'text/html' : status >= 400 ? 'application/problem+json' : 'application/json';
  const challenge = status === 401 && typeof body !== 'string' ? { 'WWW-Authenticate': 'Bearer error="invalid_token"' } : {};
  response.writeHead(status, { 'Content-Type': type, ...challenge, ...headers }).end(text);
}

function answer(request, url, text) {
  const path = url.pathname.replace(/^\/prefix/, '');
  const [, token] = /^bearer (\S+)$/i.exec(request.headers.authorization || '') || [];
  const scope = TOKENS[token];
  if (!scope) return [401, problem(401, 'the token is unknown')];
  if (path === '/v1/me') return [200, { account: 'demo', scope, privacy: 'full', expires_at: null, starts_on: null }];
  if (scope !== 'report') return [403, problem(403, `the scope ${scope} may not read rows`)];
  if (path === '/v1/report-types') return [200, reportTypes(url.searchParams.get('lang'))];
  if (path === '/v1/schema') return schema(url.searchParams);
  if (path === '/v1/data' && request.method === 'POST') return data(JSON.parse(text));
  return [404, problem(404, 'no such path')];
}

function reportTypes(lang) {
  const label = (id) => `${lang === 'en' ? 'Served' : 'Servido'} ${id}`;
  return { report_types: TYPES.map((id) => ({ id, label: label(id), description: id, grain: id })) };
}

function unknownType(type) {
  return [422, problem(422, `unknown report type ${type}`, [{ field: 'report_type', message: 'is unknown' }])];
}

function schema(query) {
  if (!TYPES.includes(query.get('report_type'))) return unknownType(query.get('report_type'));
  if (!['pt', 'en'].includes(query.get('lang'))) return [422, problem(422, 'lang is pt or en')];
  return [200, { schema: FIELDS.map((each) => each.wire) }];
}

function data(body) {
  const { cursor, limit = 10000, ...query } = body;
  const type = (query.configParams || {}).report_type;
  if (!TYPES.includes(type)) return unknownType(type);
  if (!Number.isInteger(limit) || limit < 1 || limit > 50000) return [422, problem(422, 'limit is 1 to 50,000')];
  const { startDate, endDate } = query.dateRange || {};
  if (startDate > endDate) return [422, problem(422, 'the range ends before it starts', [{ field: 'dateRange', message: 'is empty' }])];
  const filters = query.dimensionsFilters || [];
  const names = [...query.fields.map((each) => each.name), ...filters.flat().map((each) => each.fieldName)];
  const unknown = names.find((name) => !FIELDS.some((each) => each.wire.name === name));
  if (unknown) return [422, problem(422, `unknown field ${unknown}`, [{ field: unknown, message: 'is unknown' }])];
  const key = crypto.createHash('sha256').update(JSON.stringify(query)).digest('hex').slice(0, 16);
  const [, ofKey, at] = /^(\w+)-(\d+)$/.exec(cursor || `${key}-0`) || [];
  if (ofKey !== key) return [422, problem(422, 'the cursor is of another query')];
  return [200, page(query, filters, key, Number(at), limit)];
}

function page(query, filters, key, start, limit) {
  const filtersApplied = filters.flat().every((each) => each.operator === 'EQUALS');
  const value = (name, n) => FIELDS.find((each) => each.wire.name === name).value(n);
  const holds = (each, n) => each.values.includes(value(each.fieldName, n)) === (each.type === 'INCLUDE');
  const passes = (n) => !filtersApplied || filters.every((any) => any.some((each) => holds(each, n)));
  const numbers = (from, to) => Array.from({ length: Math.max(0, to - from) }, (_, n) => from + n);
  const kept = filters.length > 0 ? numbers(0, plan.rows).filter(passes) : null;
  const count = kept ? kept.length : plan.rows;
  const end = Math.min(start + limit, count);
  const shown = query.fields.filter((each) => !(filtersApplied && each.forFilterOnly)).map((each) => each.name);
  const columns = shown.map((name) => FIELDS.find((each) => each.wire.name === name).wire);
  return {
    schema: columns.map(({ name, dataType }) => ({ name, dataType })),
    rows: (kept ? kept.slice(start, end) : numbers(start, end)).map((n) => ({ values: shown.map((name) => value(name, n)) })),
    filtersApplied,
    nextCursor: end < count ? `${key}-${end}` : null,
    dataAsOf: '2026-11-22T12:00:00Z',
    totalRows: count,
  };
}

if (!isMainThread && workerData === 'fixture') {
  const server = http.createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => handle(request, response, Buffer.concat(chunks).toString()));
  });
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
}

module.exports = { startFixture, TYPES };
