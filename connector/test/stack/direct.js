/**
 * What the rows of a report have to hold, worked out from the sessions as they were posted, by means of its own.
 * Local days are three hours behind UTC: Brazil has had no daylight saving since 2019.
 */

const RECORDS = { talks: 'talks_', talk_options: 'talks_options_', events: 'events_', tags: 'tags_', contact_platforms: 'contact_platforms_' };

/** What only the stack can know: readable texts of whole records, its own clock, and where its links lead. */
const ONLY_THE_STACK_S = ['talks', 'talks_options', 'events', 'tags', 'contact_platforms', 'report_at', 'data_as_of', 'media_url'];

/** Stands for the link that a message with a file has. */
const SOME_LINK = 'some link';

const PARTS = { created: 'created_at', finished: 'finished_at', last: 'lastInteraction' };
const TIMERS = { tma: 'attendance_timer_tma', tme: 'attendance_timer_tme', tta: 'attendance_timer_tta' };

/**
 * @param {string} type The report type.
 * @param {Array<Object>} sessions As posted.
 * @return {Array<{session: Object, record: ?Object}>} What there is a row for.
 */
function rowsOf(type, sessions) {
  return sessions.flatMap((session) => {
    if (!(type in RECORDS)) return [{ session, record: null }];
    const talks = list(find(session, 'talks'));
    const records = type === 'talk_options' ? talks.flatMap((talk) => list(talk.options)) : list(find(session, type));
    return records.map((record) => ({ session, record }));
  });
}

/**
 * @param {string} type
 * @param {Object} field Of the schema.
 * @param {{session: Object, record: ?Object}} row
 * @return {*} The field's value in the row; null where there is none.
 */
function valueOf(type, field, { session, record }) {
  const { name } = field;
  const prefix = RECORDS[type];
  if (name === 'rows' || name === 'sessions') return 1;
  if (name === 'media_url') return text(record.storage_id) && SOME_LINK;
  if (name.startsWith('talks_origin') || name.startsWith('talks_type')) return word(name, record);
  if (prefix && name.startsWith(prefix)) return cell(field, record[name.slice(prefix.length)]);
  const [, of, part] = /^(created|finished|last)_(date|week|month|hour|weekday)$/.exec(name) || [];
  if (of) return partOf(part, find(session, PARTS[of]));
  if (name in MEASURES) return MEASURES[name](session);
  if (name === 'partition_column') return partOf('date', find(session, 'lastInteraction')) || partOf('date', find(session, 'created_at'));
  if (name === 'session_id' || name === 'id') return text(find(session, name)) || text(session._id);
  return cell(field, find(session, name));
}

/** Words that platforms write in Portuguese too: how the stack calls them, and their labels. */
const ORIGINS = { contato: 'contact', agente: 'agent', automatico: 'automatic', automático: 'automatic', administrador: 'admin' };
const LABELS = {
  origin: { contact: 'Contato', agent: 'Agente', automatic: 'Automático', admin: 'Administrador' },
  type: { text: 'Texto', image: 'Imagem', audio: 'Áudio', video: 'Vídeo', document: 'Documento', sticker: 'Figurinha', location: 'Localização', contact: 'Contato' },
};

/** A message's origin or type, or the label of one. */
function word(name, record) {
  const [, key, label] = /^talks_(origin|type)(_label)?$/.exec(name);
  const sent = text(record[key]);
  const inside = key === 'origin' && sent in ORIGINS ? ORIGINS[sent] : sent;
  return label ? LABELS[key][inside] ?? inside : inside;
}

const count = (holds) => (session) => (holds(session) ? 1 : 0);
const attended = (session) => text(find(session, 'agent_id')) !== null;
const finished = (session) => partOf('date', find(session, 'finished_at')) !== null;
const eventsOf = (session) => list(find(session, 'events')).map((each) => each.event);
const talksOf = (session, holds) => list(find(session, 'talks')).filter(holds).length;
const by = (...origins) => (session) => talksOf(session, (talk) => origins.includes(talk.origin));

const levelsOf = (session) => list(find(session, 'talks')).map((talk) => number(talk.sentiment_analysis_level)).filter((level) => level !== null);

const MEASURES = {
  contacts: count((session) => text(find(session, 'contact_id')) !== null),
  sentiment_level_sum: (session) => levelsOf(session).reduce((sum, level) => sum + level, 0),
  sentiment_messages: (session) => levelsOf(session).length,
  finished_sessions: count(finished),
  attended_sessions: count(attended),
  lost_sessions: count((session) => {
    const wait = number(find(session, 'timerOnWait')) ?? number(find(session, TIMERS.tme));
    const waited = eventsOf(session).includes('waitStart') || wait > 0;
    return waited && finished(session) && !attended(session);
  }),
  expired_sessions: count((session) => text(find(session, 'expired')) === 'true'),
  transferred_sessions: count((session) => eventsOf(session).some((event) => event.includes('Transfer'))),
  new_contact_sessions: count((session) => {
    const registered = partOf('date', find(session, 'contact_created_at'));
    return registered !== null && registered === partOf('date', find(session, 'created_at'));
  }),
  messages: (session) => talksOf(session, () => true),
  messages_contact: by('contact', 'contato'),
  messages_agent: by('agent', 'agente'),
  messages_automatic: by('automatic', 'automatico', 'automático'),
  messages_media: (session) => talksOf(session, (talk) => Boolean(talk.storage_id)),
  messages_hsm: (session) => talksOf(session, (talk) => String(talk.hsm) === 'true'),
};
for (const [name, timer] of Object.entries(TIMERS)) {
  MEASURES[`${name}_seconds`] = (session) => number(find(session, timer));
  MEASURES[`${name}_sessions`] = count((session) => number(find(session, timer)) !== null);
}

for (const name of Object.keys(TIMERS)) {
  MEASURES[`event_${name}_seconds`] = (session) => eventTimes(session)[name];
  MEASURES[`event_${name}_sessions`] = count((session) => eventTimes(session)[name] !== null);
}

/** Handling, waiting and total seconds as the events tell them. */
function eventTimes(session) {
  const at = (name) => list(find(session, 'events')).filter((each) => each.event === name).map((each) => instant(each.created_at))
    .filter((moment) => moment !== null).sort((a, b) => a - b);
  const wait = at('waitStart')[0];
  const start = at('humanStart').find((moment) => wait === undefined || moment >= wait);
  const finish = at('humanFinish').reverse().find((moment) => moment >= start);
  const seconds = (from, to) => (from === undefined || to === undefined ? null : (to - from) / 1e6);
  return { tma: seconds(start, finish), tme: seconds(wait, start), tta: seconds(wait ?? start, finish) };
}

/** A value under one of the dictionary's names: a flat name that holds something wins over the nested one. */
function find(object, name) {
  const own = object[name];
  if (own !== undefined && own !== null && own !== '') return own;
  for (const [key, inner] of Object.entries(object)) {
    if (!name.startsWith(`${key}_`) || !inner || typeof inner !== 'object' || Array.isArray(inner)) continue;
    const rest = name.slice(key.length + 1);
    const found = rest === 'id' ? inner._id : find(inner, rest);
    if (found !== undefined) return found;
  }
  return own;
}

function cell({ dataType, semantics }, value) {
  if (semantics.semanticType === 'YEAR_MONTH_DAY_SECOND') return partOf('second', value);
  if (dataType === 'NUMBER') return number(value);
  if (dataType === 'BOOLEAN') return text(value) === null ? null : text(value) === 'true';
  return text(value);
}

function list(value) {
  return Array.isArray(value) ? value : [];
}

function text(value) {
  if (value === null || value === undefined || value === '') return null;
  if (Array.isArray(value)) return value.length > 0 ? value.map(text).join(', ') : null;
  return typeof value === 'object' ? text(value.name) : String(value);
}

function number(value) {
  return text(value) === null ? null : Number(value);
}

/** A time as microseconds since 1970. */
function instant(value) {
  const time = value && typeof value === 'object' ? value.$date : value;
  if (!time) return null;
  const zone = /Z$|[+-]\d\d:\d\d$/.exec(time)?.[0] ?? '-03:00';
  const [, fraction = ''] = /\.(\d+)/.exec(time) || [];
  return Date.parse(`${time.slice(0, 19).replace(' ', 'T')}${zone}`) * 1000 + Number(fraction.slice(0, 6).padEnd(6, '0'));
}

/** A part of a time as Data Studio writes it. */
function partOf(part, value) {
  const moment = instant(value);
  if (moment === null) return null;
  const local = new Date(Math.floor(moment / 1000) - 3 * 3600 * 1000);
  const digits = local.toISOString().replace(/\D/g, '');
  const slices = { date: [0, 8], month: [0, 6], hour: [8, 10], second: [0, 14] };
  if (part === 'weekday') return String(local.getUTCDay());
  return part === 'week' ? isoWeek(local) : digits.slice(...slices[part]);
}

/** The week belongs to the year of its Thursday. */
function isoWeek(local) {
  const thursday = new Date(local.getTime() + (3 - ((local.getUTCDay() + 6) % 7)) * 86400000);
  const year = thursday.getUTCFullYear();
  const week = 1 + Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / (7 * 86400000));
  return `${year}${String(week).padStart(2, '0')}`;
}

/**
 * @param {string} dateField
 * @param {{startDate: string, endDate: string}} range
 * @return {function(Object): boolean} Whether a session is of the period.
 */
function within(dateField, range) {
  const [from, to] = [range.startDate, range.endDate].map((day) => day.replace(/-/g, ''));
  return (session) => {
    const day = partOf('date', find(session, dateField));
    return day !== null && day >= from && day <= to;
  };
}

module.exports = { ONLY_THE_STACK_S, SOME_LINK, rowsOf, valueOf, within };
