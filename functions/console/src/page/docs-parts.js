// What the parts of the page have in common: texts in its language, texts to copy, and how examples are written.

import { h } from './dom.js';
import { copyButton } from './parts.js';
import { isEnglish } from './text.js';

// A member of something described, in the language of the page.
export const told = (thing, name) => (isEnglish() ? thing[name] : thing['x-pt']?.[name] ?? thing[name]) ?? '';

export const language = () => (isEnglish() ? 'en' : 'pt');

// A text in which `names` stand out, and [words](#place) lead to a place of the page.
export const inline = (text) => text.split(/(`[^`]+`|\[[^\]]+\]\(#\w+\))/).map((part) => {
  const link = /^\[(.+)\]\((#\w+)\)$/.exec(part);
  if (link) return h('a', { href: link[2] }, inline(link[1]));
  return part.startsWith('`') && part.length > 1 ? h('code', {}, part.slice(1, -1)) : part;
});

export const prose = (text, properties = {}) => h('p', properties, inline(text));

export const list = (texts, name = 'ul') => h(name, {}, texts.map((text) => h('li', {}, inline(text))));

// A text to copy as it is.
export function code(text, name) {
  const shown = h('pre', { tabindex: 0 }, h('code', {}, text));
  return h('div', { class: 'copied' }, shown, h('div', { class: 'buttons' }, copyButton(shown, name)));
}

const WIDTH = 100;

// JSON on as few lines as are easily read: what fits into a line is one, and so are counts that follow each other.
export function json(value, indent = '') {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const list = Array.isArray(value);
  const [open, close] = list ? '[]' : '{}';
  const inside = `${indent}  `;
  const members = Object.entries(value).map(([name, one]) => ({
    text: (list ? '' : `${JSON.stringify(name)}: `) + json(one, inside), count: !list && typeof one === 'number',
  }));
  const line = open + members.map(({ text }) => text).join(', ') + close;
  if (indent.length + line.length <= WIDTH && !line.includes('\n')) return line;
  const lines = members.map(({ text, count }, at) => (at === 0 ? '' : count && members[at - 1].count ? ', ' : `,\n${inside}`) + text);
  return `${open}\n${inside}${lines.join('')}\n${indent}${close}`;
}

export const shown = (value) => (typeof value === 'string' ? value : json(value));

export function resolved(api, schema) {
  const path = schema?.$ref?.slice(2).split('/');
  return path ? { ...path.reduce((at, name) => at[name], api), ...schema, $ref: undefined } : schema ?? {};
}

// What is shown for something that has a schema: its own example, in the language of the page if it has several, or that
// of the schema.
export const sample = (api, holder) =>
  holder.example ?? holder.examples?.[language()]?.value ?? resolved(api, holder.schema).examples?.[0];

// The example of an answer.
export function answerOf(api, path, method, status) {
  const [content] = Object.values(resolved(api, api.paths[path][method].responses[status]).content);
  return sample(api, content);
}
