// What a session may hold: every field in both shapes, the notations of each type, and a whole session to copy.

import { code, json, prose, resolved, told } from './docs-endpoints.js';
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
      'Envie o documento da plataforma como ele é, ou os nomes planos do dicionário, ou uma mistura: nomes aninhados unidos por `_` são os do dicionário, e um nome plano preenchido vence. O documento também pode vir dentro de `{"data": {…}}`; `_id` preenche `session_id` e `id` vazios.',
      'Send the platform\'s document as it is, or the dictionary\'s flat names, or any mixture: nested names joined with `_` are the dictionary\'s, and a flat name that is not empty wins. The document may also come inside `{"data": {…}}`; `_id` fills an empty `session_id` and `id`.')),
    field(say('Procurar', 'Search'), typed), count, found,
  ];
}

export function notations(api) {
  const rows = Object.entries(types()).map(([name, type]) => {
    const schema = resolved(api, { $ref: `#/components/schemas/${name}` });
    const written = schema.examples.map((one) => h('div', {}, h('code', {}, json(one))));
    return [type, { content: prose(told(schema, 'description')), class: 'prose' }, h('div', {}, written)];
  });
  return [
    prose(say('Vazio é `null`, `""`, `[]` ou a chave ausente. O que não se lê fica de fora, com um aviso.',
      'Empty is `null`, `""`, `[]` or a missing key. What cannot be read is left out, with a warning.')),
    table(say('Notações', 'Notations'), [say('Tipo', 'Type'), say('O que é lido', 'What is read'), say('Exemplos', 'Examples')], rows),
  ];
}

export function examples(api) {
  const { NestedSession, FlatSession } = api.components.schemas;
  const shown = (title, schema) => h('details', {}, h('summary', {}, title), code(json(schema.examples[0]), `${say('Copiar', 'Copy')}: ${title}`));
  return [
    prose(say('A mesma sessão, inventada, nas duas formas.', 'The same session, made up, in both shapes.')),
    shown(say('Como a plataforma a aninha', 'As the platform nests it'), NestedSession),
    shown(say('Com os nomes do dicionário', 'Under the dictionary\'s names'), FlatSession),
  ];
}
