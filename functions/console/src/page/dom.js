// Building the page's elements. Everything becomes an element, an attribute or a text; nothing is ever read as markup.

const SVG = 'http://www.w3.org/2000/svg';

// A link that may be followed: a place on this page, a file of this server, or something served over https.
export function safeUrl(text) {
  const value = String(text ?? '');
  if (value.startsWith('#') || value.startsWith('blob:')) return value;
  let url;
  try {
    url = new URL(value);
  } catch {
    return null;
  }
  return url.protocol === 'https:' || url.origin === location.origin ? url.href : null;
}

function set(element, properties) {
  for (const [name, value] of Object.entries(properties)) {
    if (name === 'on') {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else if (name === 'href' || name === 'src') {
      const url = safeUrl(value);
      if (url) element.setAttribute(name, url);
    } else if (/^on|^style$|^srcdoc$/i.test(name)) {
      throw new TypeError(`${name} is not set on this page`);
    } else if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? '' : value);
    }
  }
}

function make(element, properties, children) {
  set(element, properties);
  element.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

// An element with attributes (`on` holds its listeners) and children, which are elements or texts.
export const h = (name, properties = {}, ...children) => make(document.createElement(name), properties, children);

// The same in a drawing.
export const svg = (name, properties = {}, ...children) => make(document.createElementNS(SVG, name), properties, children);

let last = 0;

// An id that no other element of the page has.
export const newId = (prefix) => `${prefix}-${(last += 1)}`;

// Lets the arrow keys walk over many links of which the Tab key stops at one; in a table, up and down keep to the column.
export function walk(container) {
  const stops = () => [...container.querySelectorAll('a')];
  stops().forEach((stop, index) => stop.setAttribute('tabindex', index === 0 ? 0 : -1));
  container.addEventListener('keydown', (event) => {
    const all = stops();
    const at = all.indexOf(document.activeElement);
    const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 1, ArrowUp: -1, Home: -at, End: all.length - 1 - at };
    const cell = all[at]?.closest('td');
    const along = cell && { ArrowDown: all.slice(at + 1), ArrowUp: all.slice(0, Math.max(at, 0)).reverse() }[event.key];
    const next = along ? along.find((one) => one.closest('td').cellIndex === cell.cellIndex) : all[at + steps[event.key]];
    if (at < 0 || !next) return;
    event.preventDefault();
    all[at].setAttribute('tabindex', -1);
    next.setAttribute('tabindex', 0);
    next.focus();
  });
}
