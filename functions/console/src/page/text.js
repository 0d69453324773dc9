// The two languages of the page, and how numbers, days and times are written in them.

let english = false;

export const isEnglish = () => english;
export function speak(language) {
  english = language === 'en';
  document.documentElement.lang = english ? 'en' : 'pt-BR';
}

// Every text stands where it is shown, Portuguese first.
export const say = (portuguese, inEnglish) => (english ? inEnglish : portuguese);

export const NONE = '—';
const locale = () => (english ? 'en-GB' : 'pt-BR');
const missing = (value) => value === null || value === undefined || value === '';

export const number = (value, digits = 0) =>
  (missing(value) ? NONE : Number(value).toLocaleString(locale(), { maximumFractionDigits: digits }));

// A count and what is counted, of which there may be one.
export const counted = (value, one, many) => `${number(value)} ${Number(value) === 1 ? one : many}`;

export const percent = (value) =>
  (missing(value) ? NONE : Number(value).toLocaleString(locale(), { style: 'percent', maximumFractionDigits: 1 }));

export function money(value, currency) {
  try {
    // Small amounts keep the digits that tell them from nothing.
    const digits = Math.abs(value) < 1 ? 4 : 2;
    const style = { style: 'currency', currency, minimumFractionDigits: 2, maximumFractionDigits: digits };
    return Number(value).toLocaleString(locale(), style);
  } catch {
    return `${currency} ${number(value, 2)}`;
  }
}

// Bytes in the unit that fits.
export function size(bytes) {
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${number(bytes / 1000 ** power, 1)} ${units[power]}`;
}

// Seconds as hh:mm:ss, past a day too.
export function duration(seconds) {
  if (missing(seconds)) return NONE;
  const whole = Math.round(Number(seconds));
  const two = (part) => String(part).padStart(2, '0');
  return `${two(Math.floor(whole / 3600))}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

// A day, written 2026-10-03 or 20261003.
export function day(text) {
  const parts = /^(\d{4})-?(\d\d)-?(\d\d)/.exec(text ?? '');
  if (!parts) return text || NONE;
  const options = { timeZone: 'UTC', day: '2-digit', month: '2-digit', year: 'numeric' };
  return new Date(Date.UTC(parts[1], parts[2] - 1, parts[3])).toLocaleDateString(locale(), options);
}

export const shortDay = (text) => day(text).slice(0, 5);

export function month(text) {
  const options = { timeZone: 'UTC', month: 'short', year: '2-digit' };
  return new Date(Date.UTC(text.slice(0, 4), text.slice(4, 6) - 1, 1)).toLocaleDateString(locale(), options);
}

// A local time as rows have it, 20261003140522.
export function second(text) {
  const parts = /^(\d{8})(\d\d)(\d\d)(\d\d)$/.exec(text ?? '');
  return parts ? `${day(parts[1])} ${parts.slice(2).join(':')}` : text || NONE;
}

let timeZone;

// The account's zone, in which rows and instants are told.
export function setZone(zone) {
  timeZone = zone;
}

// An instant of the API.
export const instant = (text) =>
  (text ? new Date(text).toLocaleString(locale(), { dateStyle: 'short', timeStyle: 'short', timeZone }) : NONE);

export const weekdays = () => say(
  ['dom', 'seg', 'ter', 'qua', 'qui', 'sex', 'sáb'],
  ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'],
);
