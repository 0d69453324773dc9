// What a session may hold: every field in both shapes, how values of each type may be written, and a whole session to copy.

import { code, inline, json, prose, resolved, told } from './docs-parts.js';
import { h } from './dom.js';
import { empty, field, input, table } from './parts.js';
import { counted, say } from './text.js';

const types = () => ({
  TextValue: say('Texto', 'Text'), IntegerValue: say('Número inteiro', 'Whole number'), SecondsValue: say('Duração', 'Duration'),
  BooleanValue: say('Sim ou não', 'Yes or no'), InstantValue: say('Data e hora', 'Date and time'),
});

function typeOf(property) {
  if (property.items) return say('Registros', 'Records');
  return types()[property.$ref?.split('/').pop()] ?? say('Calculado: não envie', 'Computed: do not send');
}

// The fields of a record and, below it, of the records that it holds.
function rowsOf({ properties, required = [] }, record = '') {
  return Object.entries(properties).flatMap(([name, property]) => [
    { name: `${record}${name}`, path: property['x-path'], property, required: required.includes(name) },
    ...(property.items ? rowsOf(property.items, `${record}${name}[].`) : []),
  ]);
}

const plain = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

export function fields(api) {
  const all = rowsOf(api.components.schemas.FlatSession);
  const typed = input('words', { type: 'search' });
  const found = h('div');
  const count = h('p', { class: 'note', role: 'status' });
  const heads = [say('Campo', 'Field'), say('No documento da plataforma', 'In the platform\'s document'), say('Tipo', 'Type'), say('Descrição', 'Description')];
  const show = () => {
    const wanted = plain(typed.value);
    const rows = all.filter(({ name, path, property }) => plain(`${name} ${path} ${told(property, 'title')} ${told(property, 'description')}`).includes(wanted));
    count.replaceChildren(counted(rows.length, say('campo', 'field'), say('campos', 'fields')));
    found.replaceChildren(rows.length === 0 ? empty(say('Nenhum campo com estas palavras.', 'No field with these words.')) : table(
      say('Campos', 'Fields'), heads, rows.map(({ name, path, property, required }) => [
        [h('code', {}, name), required ? h('span', { class: 'note' }, say(' obrigatório', ' required')) : null],
        h('code', {}, path), typeOf(property), { content: `${told(property, 'title')}. ${told(property, 'description')}`, class: 'prose' },
      ])));
  };
  typed.addEventListener('input', show);
  show();
  return [
    prose(say(
      'Envie o documento da plataforma como ele é, ou os nomes planos do dicionário, ou uma mistura: nomes aninhados unidos por `_` são os do dicionário, e um nome plano preenchido vence. O documento também pode vir dentro de `{"data": {…}}`; `_id` preenche `session_id` e `id` vazios. Para ler, os nomes são os da primeira coluna, com `_` no lugar de `[].`: `talks[].message` se lê como `talks_message`.',
      'Send the platform\'s document as it is, or the dictionary\'s flat names, or any mixture: nested names joined with `_` are the dictionary\'s, and a flat name that is not empty wins. The document may also come inside `{"data": {…}}`; `_id` fills an empty `session_id` and `id`. To read, the names are those of the first column, with `_` in the place of `[].`: `talks[].message` is read as `talks_message`.')),
    field(say('Procurar', 'Search'), typed), count, found,
  ];
}

export function notations(api) {
  const rows = Object.entries(types()).map(([name, type]) => {
    const schema = resolved(api, { $ref: `#/components/schemas/${name}` });
    const written = schema.examples.map((one) => h('div', {}, h('code', {}, json(one))));
    return [type, { content: inline(told(schema, 'description')), class: 'prose' }, h('div', {}, written)];
  });
  return [
    prose(say('Para deixar um campo vazio, envie `null`, `""`, `[]` ou deixe a chave de fora. Um valor que não pode ser lido fica de fora, e a resposta o lista em `warnings`.',
      'To leave a field empty, send `null`, `""`, `[]` or no such key. A value that cannot be read is left out, and the answer lists it in `warnings`.')),
    table(say('Formatos aceitos', 'Accepted formats'), [say('Tipo', 'Type'), say('O que é aceito', 'What is accepted'), say('Exemplos', 'Examples')], rows),
  ];
}

export function examples(api) {
  const { NestedSession, FlatSession } = api.components.schemas;
  const shown = (title, schema) => h('details', {}, h('summary', {}, title), code(json(schema.examples[0]), `${say('Copiar', 'Copy')}: ${title}`));
  return [
    prose(say('A mesma sessão, inventada e de hoje, nas duas formas.', 'The same session, made up and of today, in both shapes.')),
    shown(say('Como a plataforma a aninha', 'As the platform nests it'), NestedSession),
    shown(say('Com os nomes do dicionário', 'Under the dictionary\'s names'), FlatSession),
  ];
}
