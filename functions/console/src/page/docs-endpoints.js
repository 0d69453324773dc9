// Every endpoint of the description: what it does, what it takes and answers, and a call to copy.

import { curl, parametersOf, scopesOf, tokenOf } from './docs-calls.js';
import { code, inline, json, prose, resolved, sample, shown, told } from './docs-parts.js';
import { h } from './dom.js';
import { table } from './parts.js';
import { say } from './text.js';

// What else is to be known of a value: which there are, from where to where, and what holds where none is sent.
function bounds(api, schema) {
  const one = resolved(api, schema);
  const values = [one, ...(one.oneOf ?? one.anyOf ?? []).map((choice) => resolved(api, choice))].flatMap((choice) => choice.enum ?? []);
  const listed = values.filter((value) => value).map((value) => `\`${value}\``).join(', ');
  return [
    listed && `${say('Um destes:', 'One of:')} ${listed}.`,
    one.maximum !== undefined && `${say('De', 'From')} ${one.minimum} ${say('a', 'to')} ${one.maximum}.`,
    one.default !== undefined && `${say('Padrão:', 'Default:')} \`${one.default}\`.`,
  ].filter(Boolean).join(' ');
}

// A description, and what else is to be known of the value. Descriptions are sentences without their last point.
const explained = (api, text, schema) => {
  const more = bounds(api, schema);
  return { content: inline([text && more ? text.replace(/\.?$/, '.') : text, more].filter(Boolean).join(' ')), class: 'prose' };
};

const named = (name, required) => [h('code', {}, name), required ? h('span', { class: 'note' }, say(' obrigatório', ' required')) : null];

function parameterTable(api, parameters) {
  const places = { path: say('caminho', 'path'), query: say('consulta', 'query'), header: say('cabeçalho', 'header') };
  const rows = parameters.map((one) => [
    named(one.name, one.required), places[one.in], h('code', {}, shown(sample(api, one))), explained(api, told(one, 'description'), one.schema),
  ]);
  return table(say('Parâmetros', 'Parameters'), [say('Parâmetro', 'Parameter'), say('Onde', 'Where'), say('Exemplo', 'Example'), say('Descrição', 'Description')], rows);
}

// The members of a body; those of a session have a part of the page to themselves.
function bodyTable(api, body) {
  const { properties, required = [], examples = [] } = resolved(api, body.schema);
  if (!properties) return prose(say('O corpo são sessões: veja [Campos de uma sessão](#campos).', 'The body is sessions: see [Fields of a session](#campos).'));
  const rows = Object.entries(properties).map(([name, member]) => {
    const one = resolved(api, member);
    const example = examples.map((whole) => whole[name]).find((value) => value !== undefined && value !== null);
    return [named(name, required.includes(name)), h('code', {}, example === undefined ? 'null' : shown(example)), explained(api, told(one, 'description'), member)];
  });
  return table(say('Corpo', 'Body'), [say('No corpo', 'In the body'), say('Exemplo', 'Example'), say('Descrição', 'Description')], rows);
}

// The answers when all is well, where they are to be read.
function answers(api, path, method) {
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
    h('code', {}, status), { content: inline(told(resolved(api, one), 'description')), class: 'prose' },
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

const METHODS = ['get', 'head', 'post', 'put', 'patch', 'delete'];

// Every operation with its tag, in the order of the tags.
function operations(api) {
  const all = Object.entries(api.paths).flatMap(([path, item]) =>
    Object.keys(item).filter((method) => METHODS.includes(method)).map((method) => ({ path, method, operation: item[method] })));
  return api.tags.map((tag) => ({ tag, members: all.filter((one) => one.operation.tags[0] === tag.name) }));
}

// All endpoints on one page, each leading to its own description.
export function index(api) {
  const rows = operations(api).flatMap(({ members }) => members.map(({ path, method, operation }) => [
    h('a', { href: `#${operation.operationId}` }, h('code', {}, `${method.toUpperCase()} ${path}`)),
    { content: told(operation, 'summary'), class: 'prose' },
    { content: inline(scopesOf(operation).map((scope) => `\`${scope}\``).join(', ') || say('sem token', 'no token')), class: 'prose' },
  ]));
  return [table(say('Índice de endereços', 'Index of endpoints'),
    [say('Endereço', 'Endpoint'), say('O que faz', 'What it does'), say('Escopos', 'Scopes')], rows)];
}

export function endpoints(api) {
  const groups = operations(api).map(({ tag, members }) => h('div', { class: 'sheet' },
    h('h3', {}, told(tag, 'description')),
    ...members.map(({ path, method }) => endpoint(api, path, method))));
  const named = ['ingest', 'report', 'console', 'admin'].map((scope) => `\`${tokenOf(scope)}\``).join(', ');
  return [
    prose(told(api.info, 'description'), { class: 'lead' }),
    prose(say(
      `Cada chamada nomeia o token do escopo que ela pede: ${named}. Os de escopo \`ingest\`, \`console\` e \`admin\` são emitidos pelo operador; o de escopo \`report\`, também por quem usa o console da conta. Ids, nomes e tokens dos exemplos são inventados; as datas são de hoje.`,
      `Each call names a token of the scope that it takes: ${named}. The operator issues those of scope \`ingest\`, \`console\` and \`admin\`; whoever uses the console of the account issues those of scope \`report\` too. Ids, names and tokens of the examples are made up; the dates are of today.`), { class: 'lead' }),
    ...groups,
  ];
}
