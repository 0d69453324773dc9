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

const WIDTH = 100;

// JSON on as few lines as are easily read: what fits into a line is one.
export function json(value, indent = '') {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const list = Array.isArray(value);
  const [open, close] = list ? '[]' : '{}';
  const inside = `${indent}  `;
  const members = Object.entries(value).map(([name, one]) => (list ? '' : `${JSON.stringify(name)}: `) + json(one, inside));
  const line = open + members.join(', ') + close;
  if (indent.length + line.length <= WIDTH && !line.includes('\n')) return line;
  return `${open}\n${members.map((one) => inside + one).join(',\n')}\n${indent}${close}`;
}

export function resolved(api, schema) {
  const path = schema?.$ref?.slice(2).split('/');
  return path ? { ...path.reduce((at, name) => at[name], api), ...schema, $ref: undefined } : schema ?? {};
}

// What is shown for something that has a schema: its own example, or that of the schema.
const sample = (api, holder) => holder.example ?? resolved(api, holder.schema).examples?.[0];

const shown = (value) => (typeof value === 'string' ? value : json(value));
const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

const parametersOf = (api, path, method) =>
  [...api.paths[path].parameters ?? [], ...api.paths[path][method].parameters ?? []].map((one) => resolved(api, one));

export function curl(api, path, method) {
  const operation = api.paths[path][method];
  const parameters = parametersOf(api, path, method);
  const filled = path.replace(/\{(.*?)\}/g, (_, name) => encodeURIComponent(parameters.find((one) => one.name === name).example));
  const address = new URL(filled.slice(1), document.baseURI);
  for (const one of parameters) if (one.in === 'query' && one.required) address.searchParams.set(one.name, one.example);
  const body = operation.requestBody?.content['application/json'];
  // Told to send HEAD in the place of GET, curl would wait for a body.
  const verb = { get: '', head: '--head ' }[method] ?? `-X ${method.toUpperCase()} `;
  const lines = [`curl ${verb}${quoted(address.href.replaceAll('%2C', ','))}`];
  if (operation.security?.length !== 0) lines.push('-H "Authorization: Bearer $TOKEN"');
  if (body) lines.push("-H 'Content-Type: application/json'", `-d ${quoted(json(sample(api, body)))}`);
  return lines.join(' \\\n  ');
}

// What else is to be known of a value: which there are, from where to where, and what holds where none is sent.
function bounds(api, schema) {
  const one = resolved(api, schema);
  const values = [one, ...(one.oneOf ?? one.anyOf ?? []).map((choice) => resolved(api, choice))].flatMap((choice) => choice.enum ?? []);
  const listed = values.filter((value) => value).map((value) => `\`${value}\``).join(', ');
  return [
    listed && `${say('Um destes:', 'One of:')} ${listed}.`,
    one.maximum !== undefined && `${say('De', 'From')} ${one.minimum} ${say('a', 'to')} ${one.maximum}.`,
    one.default !== undefined && `${say('Se não vier:', 'Unless sent:')} \`${one.default}\`.`,
  ].filter(Boolean).join(' ');
}

// A description, and what else is to be known of the value. Descriptions are sentences without their last point.
const explained = (api, text, schema) => {
  const more = bounds(api, schema);
  return { content: prose([text && more ? text.replace(/\.?$/, '.') : text, more].filter(Boolean).join(' ')), class: 'prose' };
};

const named = (name, required) => [h('code', {}, name), required ? h('span', { class: 'note' }, say(' obrigatório', ' required')) : null];

function parameterTable(api, parameters) {
  const places = { path: say('caminho', 'path'), query: say('consulta', 'query'), header: say('cabeçalho', 'header') };
  const rows = parameters.map((one) => [
    named(one.name, one.required), places[one.in], h('code', {}, shown(one.example)), explained(api, told(one, 'description'), one.schema),
  ]);
  return table(say('Parâmetros', 'Parameters'), [say('Parâmetro', 'Parameter'), say('Onde', 'Where'), say('Exemplo', 'Example'), say('Descrição', 'Description')], rows);
}

// The members of a body; those of a session have a part of the page to themselves.
function bodyTable(api, body) {
  const { properties, required = [], examples = [] } = resolved(api, body.schema);
  if (!properties) return prose(say('O corpo são sessões: veja “Campos de uma sessão”.', 'The body is sessions: see “Fields of a session”.'));
  const rows = Object.entries(properties).map(([name, member]) => {
    const one = resolved(api, member);
    const example = examples.map((whole) => whole[name]).find((value) => value !== undefined && value !== null);
    return [named(name, required.includes(name)), h('code', {}, example === undefined ? 'null' : shown(example)), explained(api, told(one, 'description'), member)];
  });
  return table(say('Corpo', 'Body'), [say('No corpo', 'In the body'), say('Exemplo', 'Example'), say('Descrição', 'Description')], rows);
}

// The answers when all is well, where they are to be read.
export function answers(api, path, method) {
  return Object.entries(api.paths[path][method].responses).flatMap(([status, one]) => {
    const [kind, content] = Object.entries(resolved(api, one).content ?? {})[0] ?? [];
    const example = status < '300' && content?.schema && sample(api, content);
    if (!example) return [];
    const title = say(`Uma resposta, \`${status}\`:`, `An answer, \`${status}\`:`);
    return [prose(title), code(kind === 'application/json' ? json(example) : example, `${say('Copiar a resposta', 'Copy the answer')} ${status} ${method} ${path}`)];
  });
}

function endpoint(api, path, method) {
  const operation = api.paths[path][method];
  const parameters = parametersOf(api, path, method);
  const body = operation.requestBody?.content['application/json'];
  const statuses = Object.entries(operation.responses).map(([status, one]) => [
    h('code', {}, status), { content: prose(told(resolved(api, one), 'description')), class: 'prose' },
  ]);
  return h('details', { id: operation.operationId },
    h('summary', {}, h('code', {}, `${method.toUpperCase()} ${path}`), ` ${told(operation, 'summary')}`),
    told(operation, 'description') && prose(told(operation, 'description'), { class: 'lead' }),
    code(curl(api, path, method), say(`Copiar a chamada de ${path}`, `Copy the call of ${path}`)),
    parameters.length > 0 && parameterTable(api, parameters),
    body && bodyTable(api, body),
    ...answers(api, path, method),
    table(say('Respostas', 'Answers'), ['Status', say('O que quer dizer', 'What it means')], statuses));
}

export function endpoints(api) {
  const operations = Object.entries(api.paths).flatMap(([path, item]) =>
    Object.keys(item).filter((method) => method !== 'parameters').map((method) => ({ path, method, tag: item[method].tags[0] })));
  const groups = api.tags.map((tag) => h('div', { class: 'sheet' },
    h('h3', {}, told(tag, 'description')),
    ...operations.filter((one) => one.tag === tag.name).map(({ path, method }) => endpoint(api, path, method))));
  const description = h('a', { href: new URL('v1/openapi.json', document.baseURI).href }, 'openapi.json');
  return [
    prose(told(api.info, 'description'), { class: 'lead' }),
    h('p', { class: 'lead' }, say('Ids, nomes e tokens dos exemplos são inventados. O mesmo para programas: ', 'Ids, names and tokens of the examples are made up. The same for programs: '), description, '.'),
    ...groups,
  ];
}
