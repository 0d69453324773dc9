/**
 * Made-up sessions as the platform posts them: nested documents, flat ones, mixtures, times in each format it mixes,
 * numbers and booleans as themselves or as texts, and nothing written as null, as empty text or not at all.
 */
const { chance } = require('./chance.js');

const DAYS = 40;
const START = Date.UTC(2026, 8, 1);
const NOTHING = [null, '', undefined];
const WORDS = ['Vendas', 'vendas', 'Suporte Técnico', 'Pós-venda (VIP)', 'a.b', 'Não; "sim"', '=1+1', '東京 😀', '0', 'true', ' com espaços ', 'linha 1\nlinha 2'];
const NAMES = ['Ana', 'ana', 'Bruno d\'Ávila', 'Zoë', 'Agente [1]', 'C++', 'Érica|Eva'];
const STATUSES = ['finished', 'attendance', 'Finished', 'waiting'];
const PLATFORMS = ['WhatsappBusiness', 'Telegram', 'webchat'];
const ORIGINS = ['contact', 'contato', 'agent', 'agente', 'automatic', 'automatico', 'automático', 'admin', 'administrador'];
const EVENTS = ['waitStart', 'humanStart', 'humanFinish', 'humanTransferAgent', 'humanInviteConfer'];

/**
 * @param {number} seed
 * @param {number} count
 * @return {Array<Object>}
 */
function madeUpSessions(seed, count) {
  const random = chance(seed);
  return Array.from({ length: count }, (_, at) => {
    const nested = session(random, at);
    const shape = at % 3;
    return JSON.parse(JSON.stringify(shape === 0 ? nested : shape === 1 ? flat(nested) : mixed(random, nested)));
  });
}

const maybe = (random, probability, value) => (random.flip(probability) ? value() : random.pick(NOTHING));
const word = (random) => maybe(random, 0.8, () => random.pick(WORDS));
const id = (random, kind, count) => `${kind}-${random.below(count)}`;
const flag = (random) => maybe(random, 0.8, () => random.pick([true, false, 'true', 'false']));
const asText = (random, number) => (random.flip(0.3) ? String(number) : number);
const seconds = (random) => maybe(random, 0.7, () => asText(random, random.below(4000) / 2));

/** A moment in one of the platform's formats; local times are three hours behind UTC. */
function written(random, moment) {
  const iso = new Date(moment).toISOString();
  const local = new Date(moment - 3 * 3600 * 1000).toISOString();
  return random.pick([
    local.slice(0, 19).replace('T', ' '),
    local.slice(0, 23).replace('T', ' '),
    `${local.slice(0, 23).replace('T', ' ')}789`,
    iso.replace('Z', '000Z'),
    `${local.slice(0, 19)}-03:00`,
    { $date: iso },
  ]);
}

function session(random, at) {
  const created = START + random.below(DAYS * 86400) * 1000 + random.below(1000);
  const later = (minutes) => created + random.below(minutes * 60) * 1000;
  const time = (moment) => written(random, moment);
  const sessionId = `s${String(at).padStart(4, '0')}`;
  const list = (most, make) => maybe(random, 0.75, () => Array.from({ length: random.below(most + 1) }, make));
  return {
    ...(at % 4 === 0 ? { _id: sessionId } : { session_id: sessionId, id: maybe(random, 0.5, () => `i${at}`) }),
    protocol: maybe(random, 0.9, () => `20260900${String(random.below(90)).padStart(5, '0')}`),
    status: maybe(random, 0.9, () => random.pick(STATUSES)),
    platform: maybe(random, 0.9, () => random.pick(PLATFORMS)),
    platform_id: maybe(random, 0.8, () => random.pick([`+551190000${random.below(30)}`, `BR.${random.below(30)}`])),
    isAttendance: flag(random),
    expired: flag(random),
    position: word(random),
    group: word(random),
    created_at: time(created),
    updated_at: time(later(9000)),
    lastInteraction: maybe(random, 0.85, () => time(later(3000))),
    finished_at: maybe(random, 0.75, () => time(later(6000))),
    timerOnWait: seconds(random),
    attendance_timer: { tma: seconds(random), tme: seconds(random), tta: seconds(random), tta2: 1 },
    channel: maybe(random, 0.9, () => ({ _id: id(random, 'channel', 4), name: word(random) })),
    tabulation: random.pick([word(random), { _id: 'x', name: random.pick(WORDS) }]),
    agents_conference: list(3, () => random.pick(NAMES)),
    agent: maybe(random, 0.7, () => agent(random, time)),
    campaign: maybe(random, 0.85, () => campaign(random)),
    contact: maybe(random, 0.95, () => contact(random, time, random.flip(0.3) ? created : created - 1e10)),
    flow: {
      _id: id(random, 'flow', 3),
      name: word(random),
      sentiment: { enabled: flag(random), language: random.pick(['pt', 'en', '']) },
      stt: { enabled: flag(random), language: random.pick(['pt-BR', null]) },
    },
    talks: list(6, () => talk(random, time(later(900)))),
    events: list(4, () => ({ event: random.pick(EVENTS), created_at: time(later(900)), agent_to: 'unknown key' })),
    tags: list(3, () => ({
      tag: random.pick(WORDS), question: word(random), answer: word(random), type: 'text', created_at: time(later(900)),
    })),
    countUnknown: at,
  };
}

function agent(random, time) {
  const number = random.below(6);
  return {
    _id: `agent-${number}`,
    name: NAMES[number],
    email: `${number}@exemplo.com.br`,
    campaigns: Array.from({ length: random.below(3) }, () => id(random, 'campaign', 4)),
    status: word(random),
    created_at: time(START - 1e9 * number),
    session: { origin_web: flag(random), origin_app: flag(random) },
    language: 'pt-br',
  };
}

function campaign(random) {
  return {
    _id: id(random, 'campaign', 4),
    name: word(random),
    ruleAttendance: random.pick(['sequential', 'random']),
    timer: { days: '0', hours: asText(random, random.below(24)), minutes: asText(random, random.below(60)) },
    timer_wait: { enabled: flag(random), limit: random.below(30), type: 'minutes', redirect: word(random) },
    permissions: { send_emojis: flag(random), show_number: flag(random) },
    created_at: '2024-02-01 10:00:00',
  };
}

function contact(random, time, registered) {
  const number = random.below(60);
  const platform = () => ({ platform: random.pick(PLATFORMS), platform_id: `+5511${random.below(99)}` });
  return {
    _id: `contact-${number}`,
    name: `${random.pick(NAMES)} ${number}`,
    created_at: time(registered),
    lastInteraction: maybe(random, 0.5, () => time(START + number * 1e8)),
    lastChannelName: word(random),
    platforms: Array.from({ length: random.below(3) }, platform),
  };
}

function talk(random, createdAt) {
  return {
    created_at: createdAt,
    origin: random.pick(ORIGINS),
    type: random.pick(['text', 'image']),
    message: word(random),
    storage_id: maybe(random, 0.2, () => `file-${random.below(99)}`),
    hsm: flag(random),
    blocked: flag(random),
    sentiment_analysis_level: maybe(random, 0.4, () => asText(random, random.below(5) - 2)),
    options: maybe(random, 0.2, () => [1, 2, 3].slice(random.below(3)).map((num) => ({ num: String(num), text: word(random) }))),
  };
}

const RECORDS = ['talks', 'events', 'tags', 'contact_platforms'];

/** The same session under the dictionary's names. */
function flat(nested) {
  const out = {};
  const walk = (value, name) => {
    const inner = value && typeof value === 'object' && !Array.isArray(value) && !('$date' in value);
    if (name === 'channel' || name === 'tabulation') {
      out[name] = inner ? value.name : value;
      if (inner && name === 'channel') out.channel_id = value._id;
    } else if (inner && !RECORDS.includes(name)) {
      for (const [key, each] of Object.entries(value)) walk(each, name ? `${name}_${key}`.replace(/__id$/, '_id') : key);
    } else {
      out[name] = value;
    }
  };
  walk(nested, '');
  return out;
}

/** Some names flat, which win over the nested ones; an empty one does not. */
function mixed(random, nested) {
  const names = random.some(Object.entries(flat(nested)).filter(([name]) => /^(agent|campaign|flow|contact)_[a-z]+$/i.test(name)), 3);
  const other = names.filter(([, value]) => typeof value === 'string' && /^[^-]+$/.test(value));
  return { ...nested, ...Object.fromEntries(other.map(([name, value]) => [name, random.pick(['', null, `${value} plano`])])) };
}

module.exports = { madeUpSessions };
