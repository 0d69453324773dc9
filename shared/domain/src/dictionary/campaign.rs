//! The team.

use super::{Field, Kind};

/// The team that attended, and its settings as they were when the session was sent.
pub(super) const FIELDS: &[Field] = &[
    Field::new("campaign_name", Kind::Text)
        .label("Equipe", "Team")
        .pt("Nome da equipe da sessão. Vazio quando o contato não chegou a uma equipe; \
            se ela for renomeada, sessões antigas guardam o nome antigo.")
        .en("Name of the session's team. Empty when the contact reached no team; if renamed, \
            earlier sessions keep the earlier name."),
    Field::new("campaign_id", Kind::Text)
        .label("ID da equipe", "Team ID")
        .pt("Identificador da equipe da sessão, estável quando a equipe é renomeada. \
            Vazio quando o contato não chegou a uma equipe.")
        .en("Identifier of the session's team, which stays when the team is renamed. \
            Empty when the contact reached no team."),
    Field::new("campaign_ruleAttendance", Kind::Text)
        .label("Regra de distribuição", "Distribution rule")
        .pt("Código de como a equipe reparte as sessões entre os agentes, como sequential. \
            É a regra de quando a sessão foi enviada.")
        .en("Code of how the team shares sessions out among agents, such as sequential. \
            It is the rule when the session was sent."),
    Field::new("campaign_transhipment", Kind::Text)
        .label("Equipe de transbordo", "Overflow team")
        .pt("Equipe configurada para receber o que esta não atende. Vazio se não há; \
            preenchido não prova que houve transbordo.")
        .en("Team set to receive what this one does not attend. Empty if there is none; \
            a value is no proof that any overflow took place."),
    Field::new("campaign_timer_days", Kind::Integer)
        .label("Tempo de sessão: dias", "Session time: days")
        .pt("Parte em dias do tempo de sessão da equipe; o total soma dias, horas e minutos. \
            É configuração, não duração medida.")
        .en("The days in the team's session time; the total is days plus hours plus minutes. A setting, \
            not a measured duration."),
    Field::new("campaign_timer_hours", Kind::Integer)
        .label("Tempo de sessão: horas", "Session time: hours")
        .pt("Parte em horas do tempo de sessão da equipe; o total soma dias, horas e minutos. \
            É configuração, não duração medida.")
        .en("The hours in the team's session time; the total is days plus hours plus minutes. \
            A setting, not a measured duration."),
    Field::new("campaign_timer_minutes", Kind::Integer)
        .label("Tempo de sessão: minutos", "Session time: minutes")
        .pt("Parte em minutos do tempo de sessão da equipe; o total soma dias, horas e minutos. \
            É configuração, não duração medida.")
        .en("The minutes in the team's session time; the total is days plus hours plus minutes. \
            A setting, not a measured duration."),
    Field::new("campaign_timer_wait_enabled", Kind::Boolean)
        .label("Redirecionamento por espera", "Redirect on wait")
        .pt("Verdadeiro quando a equipe passa adiante quem espera além do limite. \
            Não indica que esta sessão foi redirecionada.")
        .en("True when the team hands on those who wait past the limit. \
            It does not say that this session was redirected."),
    Field::new("campaign_timer_wait_limit", Kind::Integer)
        .label("Limite de espera", "Wait limit")
        .pt("Espera máxima antes do redirecionamento. A unidade varia por equipe e está em Tipo do \
            limite de espera: não misture unidades.")
        .en("Longest wait before a redirect. The unit varies by team and is in Wait limit type: \
            do not mix units in one average."),
    Field::new("campaign_timer_wait_type", Kind::Text)
        .label("Tipo do limite de espera", "Wait limit type")
        .pt("Como o limite de espera da equipe é contado, em geral a unidade, como minutes. \
            Leia-o sempre junto com o limite.")
        .en("How the team's wait limit is counted, mostly the unit, such as minutes. \
            Always read it together with the limit."),
    Field::new("campaign_timer_wait_redirect", Kind::Text)
        .label("Equipe após a espera", "Team after the wait")
        .pt("Equipe que recebe o contato quando a espera passa do limite. \
            Vazio quando não há redirecionamento configurado.")
        .en("Team that receives the contact when the wait passes the limit. \
            Empty when no redirect is set up."),
    Field::new("campaign_messageAgent", Kind::Text)
        .label("Mensagem de falta de agentes", "No-agents message")
        .pt("Texto que a equipe envia quando não há agente disponível. É configuração: \
            não indica que foi enviado nesta sessão.")
        .en("Text the team sends when no agent is available. It is a setting: \
            it does not say that it was sent in this session."),
    Field::new("campaign_messageEnd", Kind::Text)
        .label("Mensagem de encerramento", "Closing message")
        .pt("Texto que a equipe envia ao encerrar o atendimento. É configuração: \
            o que foi enviado de fato está na conversa.")
        .en("Text the team sends when it closes a session. It is a setting: \
            what was really sent is in the conversation."),
    Field::new("campaign_history", Kind::Text)
        .label("Histórico da equipe", "Team's history setting")
        .pt("Código que define quais conversas anteriores a equipe pode ver, como all. É uma permissão, \
            não o histórico em si.")
        .en("Code that sets which earlier conversations the team may see, such as all. \
            It is a permission, not the history itself."),
    Field::new("campaign_optin_start", Kind::Boolean)
        .label("Início só com opt-in", "Start with opt-in only")
        .pt("Verdadeiro quando a equipe só inicia conversas com contatos que deram opt-in. \
            É configuração, não diz se este contato deu.")
        .en("True when the team starts conversations only with contacts who opted in. A setting: \
            it does not say if this contact did."),
    Field::new("campaign_can_be_disabled", Kind::Boolean)
        .label("Agente pode desativar a equipe", "Agent may switch team off")
        .pt("Verdadeiro quando o agente pode deixar de receber atendimentos desta equipe. \
            Não diz se algum agente o fez.")
        .en("True when agents may stop receiving this team's sessions. \
            It does not say whether any agent did so."),
    Field::new("campaign_permissions_agent_chat", Kind::Boolean)
        .label("Permite chat entre agentes", "Allows chat among agents")
        .pt("Verdadeiro quando os agentes da equipe podem conversar entre si. \
            Essas conversas não fazem parte dos relatórios.")
        .en("True when the team's agents may chat with each other. \
            Those chats are no part of the reports."),
    Field::new("campaign_permissions_contact_edit", Kind::Boolean)
        .label("Permite editar contato", "Allows editing contacts")
        .pt("Verdadeiro quando os agentes da equipe podem alterar os dados do contato, \
            o que explica nomes que mudam entre sessões.")
        .en("True when the team's agents may change the contact's data, \
            which explains names that differ between sessions."),
    Field::new("campaign_permissions_finish_attendance", Kind::Boolean)
        .label("Permite finalizar atendimento", "Allows finishing")
        .pt("Verdadeiro quando os agentes da equipe podem finalizar o atendimento. É permissão: \
            não diz quem finalizou esta sessão.")
        .en("True when the team's agents may finish a session. It is a permission: \
            it does not tell who finished this one."),
    Field::new("campaign_permissions_offline_attendance", Kind::Boolean)
        .label("Permite atendimento offline", "Allows offline service")
        .pt("Verdadeiro quando a equipe aceita atendimento offline. É configuração: \
            não diz se esta sessão foi atendida assim.")
        .en("True when the team accepts offline service. It is a setting: \
            it does not say if this session was attended that way."),
    Field::new("campaign_permissions_optin_gupshup", Kind::Boolean)
        .label("Opt-in direto na Gupshup", "Opt-in directly at Gupshup")
        .pt("Verdadeiro quando a equipe registra o opt-in diretamente na Gupshup, \
            um provedor de WhatsApp. Vazio se não se aplica.")
        .en("True when the team records opt-ins directly at Gupshup, a WhatsApp provider. \
            Empty where it does not apply."),
    Field::new("campaign_permissions_send_emojis", Kind::Boolean)
        .label("Permite enviar emojis", "Allows sending emojis")
        .pt("Verdadeiro quando os agentes da equipe podem enviar emojis. \
            Não limita os emojis que o contato envia.")
        .en("True when the team's agents may send emojis. \
            It puts no limit on the emojis that the contact sends."),
    Field::new("campaign_permissions_show_number", Kind::Boolean)
        .label("Permite ver o número", "Allows seeing the number")
        .pt("Verdadeiro quando os agentes da equipe veem o número do contato na plataforma. \
            Não altera o que os relatórios mostram.")
        .en("True when the team's agents see the contact's number on the platform. \
            It does not alter what the reports show."),
    Field::new("campaign_created_at", Kind::Text)
        .label("Criação da equipe", "Team created")
        .pt("Quando a equipe foi criada, do modo que a plataforma a envia. É texto: \
            não serve de eixo de tempo nem segue o fuso da conta.")
        .en("Date the team was created, the way the platform sends it. It is text: no time axis, \
            and not in the account's time zone."),
];
