// The six report templates, as the connector's folder specifies them.

import { isEnglish } from './text.js';

const IDS = ['atendimento', 'distribuicao', 'agentes', 'perdidas', 'tabulacao', 'conversas'];

// What a specification says in the chosen language.
export const told = ({ pt, en }) => (isEnglish() ? en : pt);

async function specification(id) {
  const answer = await fetch(new URL(`./${id}.json`, import.meta.url));
  if (!answer.ok) throw new Error(`template ${id}: HTTP ${answer.status}`);
  return answer.json();
}

export const catalogue = () => Promise.all(IDS.map(specification));
