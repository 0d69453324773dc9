// Made-up sessions of known numbers.

import { dayBefore } from './stack.js';

const TEAMS = ['Vendas', 'Suporte', null];
const CHANNELS = ['WhatsApp', 'Site'];
const TABULATIONS = ['Resolvido', 'Sem retorno', 'Troca'];

const two = (part) => String(part).padStart(2, '0');

// Session number `index`, one of three each day: attended by a team, lost after a wait, or without any team.
export function session(index) {
  const day = dayBefore(1 + Math.floor(index / 3) % 20);
  const team = TEAMS[index % TEAMS.length];
  const attended = index % 3 === 0;
  const lost = index % 3 === 1;
  const at = (minute) => `${day} ${two(8 + index % 10)}:${two(minute)}:00`;
  return {
    session_id: `s-${index}`, protocol: `20260000${1000 + index}`, status: 'finished', channel: CHANNELS[index % 2],
    created_at: at(0), updated_at: at(30), finished_at: at(30), contact_id: `c-${index % 9}`, contact_name: `João Exemplo ${index}`,
    ...(team && { campaign_id: team, campaign_name: team }),
    ...(attended && {
      agent_id: 'a-1', agent_name: 'Ana Exemplo', tabulation: TABULATIONS[index % 4 % 3],
      attendance_timer_tma: String(300 + index), attendance_timer_tme: '60', attendance_timer_tta: String(360 + index),
    }),
    ...(lost && { timerOnWait: 45 }),
    talks: [
      { origin: 'contact', type: 'text', message: `Olá, pedido ${index}`, created_at: at(0) },
      { origin: 'automatic', type: 'text', message: 'Escolha', created_at: at(1), options: [{ num: '1', text: 'Vendas' }] },
      { origin: 'agente', type: 'document', filename: 'nota.pdf', storage_id: `file-${index}`, created_at: at(2) },
    ],
  };
}

export const sessions = (count) => Array.from({ length: count }, (_, index) => session(index));

const HOSTILE = '"><img src=x onerror="window.hacked=1"><script>window.hacked=1</script>';

// A session that carries markup in every text the page shows.
export const hostile = {
  session_id: 'h-1', protocol: HOSTILE, status: HOSTILE, channel: HOSTILE, tabulation: `<svg onload=window.hacked=1>${HOSTILE}`,
  created_at: `${dayBefore(1)} 10:00:00`, finished_at: `${dayBefore(1)} 10:30:00`, agent_id: 'x', agent_name: HOSTILE,
  campaign_id: 'x', campaign_name: HOSTILE, contact_id: HOSTILE, contact_name: HOSTILE, platform_id: 'javascript:window.hacked=1',
  talks: [
    { origin: 'contact', type: 'text', message: HOSTILE, created_at: `${dayBefore(1)} 10:01:00`, options: [{ num: '1', text: HOSTILE }] },
    {
      origin: HOSTILE, type: HOSTILE, filename: HOSTILE, legend: HOSTILE, stt: HOSTILE, storage_id: 'javascript:window.hacked=1',
      created_at: `${dayBefore(1)} 10:02:00`,
    },
    { origin: 'agent', type: 'text', message: 'javascript:window.hacked=1', created_at: `${dayBefore(1)} 10:03:00` },
  ],
};

export { HOSTILE };
