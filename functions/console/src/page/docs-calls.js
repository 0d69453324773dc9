// The calls to copy: curl, with a token of a scope that may do it.

import { json, resolved, sample } from './docs-parts.js';
import { isEnglish } from './text.js';

// Of the scopes that may do something, the one whose token the call names: the one that can do the least comes first.
const SCOPES = ['report', 'ingest', 'console', 'admin'];

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

export const parametersOf = (api, path, method) =>
  [...api.paths[path].parameters ?? [], ...api.paths[path][method].parameters ?? []].map((one) => resolved(api, one));

// The scopes that an operation's description ends with; none where anybody may ask.
export function scopesOf(operation) {
  const named = /Scopes?: ([^.]+)\.$/.exec(operation.description)?.[1] ?? '';
  return SCOPES.filter((scope) => named.includes(`\`${scope}\``));
}

export const tokenOf = (scope) => `TOKEN_${scope.toUpperCase()}`;

// `token` and `body` stand in the place of those that the description would give.
export function curl(api, path, method, { token, body: given } = {}) {
  const operation = api.paths[path][method];
  const parameters = parametersOf(api, path, method);
  const filled = path.replace(/\{(.*?)\}/g, (_, name) => encodeURIComponent(sample(api, parameters.find((one) => one.name === name))));
  const address = new URL(filled.slice(1), document.baseURI);
  for (const one of parameters) {
    // Labels are in Portuguese unless another language is asked for.
    const foreign = one.name === 'lang' && one.schema.default === 'pt' && isEnglish();
    if (one.in === 'query' && (one.required || foreign)) address.searchParams.set(one.name, sample(api, one));
  }
  const body = operation.requestBody?.content['application/json'];
  // Told to send HEAD in the place of GET, curl would wait for a body.
  const verb = { get: '', head: '--head ' }[method] ?? `-X ${method.toUpperCase()} `;
  const lines = [`curl ${verb}${quoted(address.href.replaceAll('%2C', ','))}`];
  const scope = scopesOf(operation)[0];
  if (scope) {
    lines.push(`-H "Authorization: Bearer $${token ?? tokenOf(scope)}"`, `-H 'Accept-Language: ${isEnglish() ? 'en' : 'pt-BR'}'`);
  }
  if (body) lines.push("-H 'Content-Type: application/json'", `-d ${quoted(json(given ?? sample(api, body)))}`);
  return lines.join(' \\\n  ');
}
