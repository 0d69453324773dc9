// Where on the page one is: `#/painel?from=2026-10-01&lang=en`. Language and an operator's account go along with every link.

import { isEnglish } from './text.js';

let account = '';

export const chosenAccount = () => account;
export function chooseAccount(id) {
  account = id;
}

// The token that the platform handed over behind the #, removed from the address and from its history at once.
export function takeToken() {
  const token = /^#token=(.+)$/.exec(location.hash)?.[1];
  if (token) history.replaceState(null, '', `${location.pathname}#/`);
  try {
    return token && decodeURIComponent(token);
  } catch {
    return token;
  }
}

export function here() {
  const [path, query] = location.hash.replace(/^#\/?/, '').split('?');
  const params = new URLSearchParams(query ?? '');
  return { page: path, params };
}

export function href(page, params = {}) {
  const all = params instanceof URLSearchParams ? new URLSearchParams(params) : new URLSearchParams();
  if (!(params instanceof URLSearchParams)) {
    for (const [name, value] of Object.entries(params)) {
      for (const one of [value].flat()) if (one !== null && one !== undefined && one !== '') all.append(name, one);
    }
  }
  all.delete('lang');
  all.delete('account');
  if (isEnglish()) all.set('lang', 'en');
  if (account) all.set('account', account);
  const query = all.toString();
  return `#/${page}${query ? `?${query}` : ''}`;
}

export function go(page, params) {
  const address = href(page, params);
  if (address === location.hash) dispatchEvent(new HashChangeEvent('hashchange'));
  else location.hash = address;
}
