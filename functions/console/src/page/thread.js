// One session as people read it: who, when and how long, then the messages in order.

import { all, filter, serverNow } from './api.js';
import { safeUrl, h } from './dom.js';
import { empty, outward, section } from './parts.js';
import { href } from './route.js';
import { NONE, duration, say, second } from './text.js';

const SESSION = ['protocol', 'created_at', 'finished_at', 'status', 'channel', 'campaign_name', 'agent_name', 'contact_name', 'contact_id',
  'tabulation', 'attendance_timer_tma', 'attendance_timer_tme', 'attendance_timer_tta'];
const TALK = ['talks_created_at', 'talks_origin', 'talks_type', 'talks_message', 'talks_legend', 'talks_filename', 'talks_stt',
  'talks_options', 'talks_hsm', 'talks_blocked', 'media_url'];

// Who a message comes from: the platform says it in two languages, with and without accents.
function sideOf(origin) {
  const plain = (origin ?? '').normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
  if (plain.startsWith('conta')) return 'contact';
  if (plain.startsWith('agent')) return 'agent';
  return plain.startsWith('admin') ? 'admin' : 'automatic';
}

const speaker = (side, session) => ({
  contact: session.contact_name ?? say('Contato', 'Contact'), agent: session.agent_name ?? say('Agente', 'Agent'),
  admin: say('Administrador', 'Administrator'), automatic: say('Automático', 'Automatic'),
})[side];

function media(talk) {
  if (!talk.media_url) return talk.talks_filename && h('p', { class: 'note' }, h('bdi', {}, talk.talks_filename));
  const name = talk.talks_filename ?? say('arquivo', 'file');
  if (!safeUrl(talk.media_url)) return h('p', { class: 'note' }, h('bdi', {}, name));
  return h('p', {}, outward(talk.media_url, [say('Abrir ', 'Open '), h('bdi', {}, name), ' ↗']));
}

function message(talk, session) {
  const side = sideOf(talk.talks_origin);
  const marks = [
    talk.talks_hsm && say('modelo (HSM)', 'template (HSM)'), talk.talks_blocked && say('bloqueada', 'blocked'),
  ].filter(Boolean);
  const text = (content) => content && h('p', { class: 'said', dir: 'auto' }, content);
  return h('li', { class: `talk ${side}` },
    h('p', { class: 'who' },
      h('bdi', {}, speaker(side, session)), ` · ${second(talk.talks_created_at)}`, marks.map((mark) => ` · ${mark}`)),
    text(talk.talks_message), text(talk.talks_legend), media(talk),
    talk.talks_stt && h('p', { class: 'note' }, say('Transcrição: ', 'Transcript: '), h('bdi', {}, talk.talks_stt)),
    talk.talks_options && h('p', { class: 'note' }, say('Opções: ', 'Options: '), h('bdi', {}, talk.talks_options)));
}

function about(session) {
  const pairs = [
    [say('Contato', 'Contact'), session.contact_name ?? session.contact_id], [say('Protocolo', 'Protocol'), session.protocol],
    [say('Equipe', 'Team'), session.campaign_name], [say('Agente', 'Agent'), session.agent_name], [say('Canal', 'Channel'), session.channel],
    ['Status', session.status], [say('Tabulação', 'Tabulation'), session.tabulation],
    [say('Criada', 'Created'), second(session.created_at)], [say('Finalizada', 'Finished'), second(session.finished_at)],
    ...['tma', 'tme', 'tta'].map((time) => [time.toUpperCase(), duration(session[`attendance_timer_${time}`])]),
  ];
  const line = ([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, h('bdi', {}, value ?? NONE)));
  return h('dl', { class: 'about sheet' }, pairs.map(line));
}

// The session in the address; the rest of the address is the list it was chosen from.
export async function thread(params) {
  const list = new URLSearchParams(params);
  list.delete('session');
  const options = { filters: [[filter('session_id', params.get('session'))]], refresh: serverNow() };
  const [sessions, talks] = await Promise.all([all('sessions', SESSION, options), all('talks', TALK, options)]);
  const back = h('p', {}, h('a', { href: href('conversas', list) }, say('← Todas as conversas', '← All conversations')));
  const session = sessions.rows[0];
  if (!session) return [back, empty(say('Nenhuma sessão com este ID.', 'No session with this id.'))];
  const said = talks.rows.length === 0
    ? empty(say('Esta sessão não tem mensagens que você possa ver.', 'This session has no messages that you may see.'))
    : h('ol', { class: 'thread' }, talks.rows.map((talk) => message(talk, session)));
  return [back, h('div', { class: 'reading' }, about(session), section(say('Conversa', 'Conversation'), said))];
}
