// The examples of the description are of one made-up day. An account keeps sessions from one day on, which may be today, so
// the page shows them as of today: the first session has just finished when the page is opened.

// The zone of accounts that have set no other, in which local times are read.
const ZONE = 'America/Sao_Paulo';
const MINUTE = 60000;
const DAY = 1440 * MINUTE;
// The day of the examples, when its session begins, and a moment after everything in it.
const EXAMPLES_DAY = Date.UTC(2026, 9, 3);
const BEGINNING = Date.UTC(2026, 9, 3, 14, 5);
const READ_AT = Date.UTC(2026, 9, 3, 14, 35);

// What an error message of the server says itself stands as it is; then the notations: a day with or without a time, the
// digits of rows (20261003140522), those of a protocol (2026100300017), a Brazilian date, seconds or milliseconds since 1970.
const NOTATIONS = new RegExp([
  /\((?:por exemplo|for example) [^)]*\)/,
  /(?<day>20\d\d-\d\d-\d\d)(?<between>[T ](?=\d\d:))?(?<time>\d\d:\d\d(?::\d\d)?)?/,
  /\b(?<digits>20\d{12})\b/,
  /\b(?<protocolDay>20\d{6})(?<sequence>\d{5})\b/,
  /\b(?<brazilian>\d\d\/\d\d\/20\d\d) (?<clock>\d\d:\d\d:\d\d)/,
  /\b(?<epoch>179\d{7})(?<millis>\d{3})?\b/,
].map(({ source }) => source).join('|'), 'g');

const utc = (day, time = '00:00') => Date.parse(`${day}T${time}Z`);
const iso = (at) => new Date(at).toISOString();
const digits = (text) => text.replaceAll(/\D/g, '');
const dashed = (text) => text.replace(/(\d{4})(\d\d)(\d\d)/, '$1-$2-$3');

// A description's text whose examples are of `now`, in milliseconds since 1970.
export function asOfToday(text, now = Date.now()) {
  const local = utc(...new Date(now).toLocaleString('sv-SE', { timeZone: ZONE }).split(' '));
  const today = local - (local % DAY);
  // Just after midnight the session would have begun yesterday, which the account may not keep.
  const later = Math.max(local - (local % MINUTE) - READ_AT, today - BEGINNING);
  const daysLater = today - EXAMPLES_DAY;
  const dayOf = (day) => iso(utc(day) + daysLater).slice(0, 10);
  return text.replaceAll(NOTATIONS, (found, ...rest) => {
    const { day, between, time, digits: row, protocolDay, sequence, brazilian, clock, epoch, millis = '' } = rest.at(-1);
    if (time) {
      const moved = iso(utc(day, time) + later);
      return moved.slice(0, 10) + between + moved.slice(11, 11 + time.length);
    }
    if (day) return dayOf(day);
    if (row) {
      const [, hours, minutes, seconds] = /^.{8}(..)(..)(..)$/.exec(row);
      return digits(iso(utc(dashed(row.slice(0, 8)), `${hours}:${minutes}:${seconds}`) + later)).slice(0, 14);
    }
    if (protocolDay) return digits(dayOf(dashed(protocolDay))) + sequence;
    if (brazilian) {
      const moved = iso(utc(brazilian.split('/').reverse().join('-'), clock) + later);
      return `${moved.slice(0, 10).split('-').reverse().join('/')} ${moved.slice(11, 19)}`;
    }
    return epoch ? String(Number(epoch) + later / 1000) + millis : found;
  });
}
