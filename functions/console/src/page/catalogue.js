// The six report templates: what each is for, what is on it, and which report type it reads.

import { say } from './text.js';

export const catalogue = () => [
  {
    id: 'atendimento', reportType: 'summary', name: say('Atendimento', 'Attendance'),
    about: say('Quantas sessões chegaram, quantas foram atendidas e em quanto tempo.', 'How many sessions came, how many were attended, and how fast.'),
    holds: say(['sessões, atendidas e perdidas', 'TMA, TME e TTA', 'sessões por dia e por equipe'],
      ['sessions, attended and lost', 'TMA, TME and TTA', 'sessions by day and by team']),
  },
  {
    id: 'distribuicao', reportType: 'summary', name: say('Distribuição', 'Distribution'),
    about: say('Como as sessões se repartem entre equipes, canais e horas do dia.', 'How sessions are spread over teams, channels and hours.'),
    holds: say(['sessões por equipe e por canal', 'mapa de horas e dias da semana', 'transferências'],
      ['sessions by team and by channel', 'map of hours and weekdays', 'transfers']),
  },
  {
    id: 'agentes', reportType: 'summary', name: say('Periódico por agentes', 'Agents over time'),
    about: say('O trabalho de cada agente, dia a dia.', 'The work of each agent, day by day.'),
    holds: say(['sessões atendidas por agente', 'TMA e TTA por agente', 'mensagens enviadas'],
      ['sessions attended by agent', 'TMA and TTA by agent', 'messages sent']),
  },
  {
    id: 'perdidas', reportType: 'summary', name: say('Perdidas', 'Lost'),
    about: say('Quem esperou e foi embora sem ser atendido: quando e em qual equipe.', 'Who waited and left unattended: when and in which team.'),
    holds: say(['perdidas e taxa de perdidas', 'por hora e por dia', 'por equipe e canal'],
      ['lost sessions and their rate', 'by hour and by day', 'by team and channel']),
  },
  {
    id: 'tabulacao', reportType: 'summary', name: say('Tabulação', 'Tabulation'),
    about: say('Por que motivo as sessões terminam.', 'For what reason sessions end.'),
    holds: say(['sessões por tabulação', 'tabulação por equipe', 'evolução por semana'],
      ['sessions by tabulation', 'tabulation by team', 'trend by week']),
  },
  {
    id: 'conversas', reportType: 'talks', name: say('Conversas', 'Conversations'),
    about: say('As mensagens de cada sessão, com links para as mídias.', 'The messages of each session, with links to media.'),
    holds: say(['busca por protocolo e contato', 'mensagens em ordem', 'links das mídias'],
      ['search by protocol and contact', 'messages in order', 'links to media']),
  },
];
