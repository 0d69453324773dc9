// Every endpoint of the description: what it does, what it takes and answers, and a call to copy.

import { h } from './dom.js';
import { copyButton, table } from './parts.js';
import { isEnglish, say } from './text.js';

// A member of something described, in the language of the page.
export const told = (thing, name) => (isEnglish() ? thing[name] : thing['x-pt']?.[name] ?? thing[name]) ?? '';

// A paragraph in which `names` stand out.
export const prose = (text, properties = {}) =>
  h('p', properties, text.split('`').map((part, index) => (index % 2 === 1 ? h('code', {}, part) : part)));

// A text to copy as it is.
export function code(text, name) {
  const shown = h('pre', { tabindex: 0 }, h('code', {}, text));
  return h('div', { class: 'copied' }, shown, h('div', { class: 'buttons' }, copyButton(shown, name)));
}

export function resolved(api, schema) {
  const path = schema?.$ref?.slice(2).split('/');
  return path ? { ...path.reduce((at, name) => at[name], api), ...schema, $ref: undefined } : schema ?? {};
}

// A value that fits a schema: its example where it has one.
function sample(api, schema) {
  const one = resolved(api, schema);
  if (one.examples || one.default !== undefined) return one.examples?.[0] ?? one.default;
  if (one.const !== undefined || one.enum) return one.const ?? one.enum[0];
  if (one.anyOf || one.oneOf) return sample(api, (one.anyOf ?? one.oneOf)[0]);
  const type = [one.type].flat().find((name) => name !== 'null');
  if (type === 'array') return [sample(api, one.items)];
  if (type === 'integer' || type === 'number') return one.minimum ?? 1;
  if (type === 'boolean') return true;
  if (type === 'string') return { date: '2026-10-03', 'date-time': '2026-10-03T14:05:22Z' }[one.format] ?? 'texto';
  const needed = Object.entries(one.properties ?? {}).filter(([name]) => (one.required ?? Object.keys(one.properties)).includes(name));
  return Object.fromEntries(needed.map(([name, inner]) => [name, sample(api, inner)]));
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

export function curl(api, path, method) {
  const operation = api.paths[path][method];
  const parameters = [...api.paths[path].parameters ?? [], ...operation.parameters ?? []].map((one) => resolved(api, one));
  const required = parameters.filter((one) => one.in === 'query' && one.required);
  const query = required.map((one) => `${one.name}=${encodeURIComponent(one.example ?? sample(api, one.schema))}`).join('&');
  const address = new URL(path.slice(1), document.baseURI).href.replaceAll('%7B', '{').replaceAll('%7D', '}');
  const body = operation.requestBody?.content['application/json'];
  const lines = [`curl -X ${method.toUpperCase()} ${quoted(query ? `${address}?${query}` : address)}`];
  if (operation.security?.length !== 0) lines.push('-H "Authorization: Bearer $TOKEN"');
  if (body) lines.push("-H 'Content-Type: application/json'", `-d ${quoted(JSON.stringify(body.example ?? sample(api, body.schema), null, 1))}`);
  return lines.join(' \\\n  ');
}

function parameterTable(api, parameters) {
  const rows = parameters.map((one) => resolved(api, one)).map((one) => [
    [h('code', {}, one.name), one.required ? h('span', { class: 'note' }, say(' obrigatório', ' required')) : null],
    one.in, { content: told(one, 'description'), class: 'prose' },
  ]);
  return table(say('Parâmetros', 'Parameters'), [say('Parâmetro', 'Parameter'), say('Onde', 'Where'), say('Descrição', 'Description')], rows);
}

function endpoint(api, path, method) {
  const operation = api.paths[path][method];
  const parameters = [...api.paths[path].parameters ?? [], ...operation.parameters ?? []];
  const answers = Object.entries(operation.responses).map(([status, one]) => [h('code', {}, status), resolved(api, one).description ?? '']);
  return h('details', { id: operation.operationId },
    h('summary', {}, h('code', {}, `${method.toUpperCase()} ${path}`), ` ${told(operation, 'summary')}`),
    told(operation, 'description') && prose(told(operation, 'description'), { class: 'lead' }),
    code(curl(api, path, method), say(`Copiar a chamada de ${path}`, `Copy the call of ${path}`)),
    parameters.length > 0 && parameterTable(api, parameters),
    table(say('Respostas', 'Answers'), ['Status', say('O que quer dizer', 'What it means')], answers));
}

export function endpoints(api) {
  const operations = Object.entries(api.paths).flatMap(([path, item]) =>
    Object.keys(item).filter((method) => method !== 'parameters').map((method) => ({ path, method, tag: item[method].tags[0] })));
  return api.tags.map((tag) => h('div', { class: 'sheet' },
    h('h3', {}, told(tag, 'description')),
    ...operations.filter((one) => one.tag === tag.name).map(({ path, method }) => endpoint(api, path, method))));
}
