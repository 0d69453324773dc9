//! The session: what it is, how long it took, where it came from.

use super::{Confidential, DocumentType, Field, Kind};

/// The session itself: identity, dates and outcome. The columns most charts read come first.
pub(super) const SESSION: &[Field] = &[
    Field::new("session_id", Kind::Text)
        .required()
        .label("ID da sessão", "Session ID")
        .pt("Identificador da sessão na plataforma. Em relatórios com várias linhas por sessão, \
            conte valores distintos dele.")
        .en("Identifier of the session on the platform. In reports with several rows a session, \
            count its distinct values.")
        .confidential(Confidential::Key),
    Field::new("protocol", Kind::Text)
        .label("Protocolo", "Protocol")
        .pt("Número de protocolo gerado para a sessão. É texto: serve para localizar a sessão, \
            não para somar.")
        .en("Protocol number given to the session. It is text: good for finding a session, \
            not for adding up.")
        .confidential(Confidential::Key),
    Field::new("created_at", Kind::Instant)
        .required()
        .label("Criação da sessão", "Session created")
        .pt("Momento em que a sessão começou, no fuso da conta. Se nada mais for escolhido, \
            é a data que o período do relatório filtra.")
        .en("Moment the session began, in the account's time zone. Unless another is chosen, \
            the date that the report's period filters."),
    Field::new("finished_at", Kind::Instant)
        .label("Fim da sessão", "Session finished")
        .pt("Momento em que a sessão terminou, no fuso da conta. Vazio enquanto ela está aberta.")
        .en("Moment the session ended, in the account's time zone. Empty while it is open."),
    Field::new("lastInteraction", Kind::Instant)
        .label("Última interação da sessão", "Session's last interaction")
        .pt("Quando o contato interagiu por último na sessão, no fuso da conta. \
            Pode ser bem anterior ao fim, se a sessão expirou.")
        .en("Moment of the contact's last interaction in the session, in the account's zone. \
            May lie well before the end if the session expired."),
    Field::new("partition_column", Kind::Day)
        .label("Dia da última interação", "Day of last interaction")
        .pt("Dia da última interação da sessão ou, na falta dela, da criação, no fuso da conta. \
            É calculado, nunca vem vazio.")
        .en("Day of the session's last interaction or, failing that, of its creation, \
            in the account's zone. Computed, never empty."),
    Field::new("status", Kind::Text)
        .label("Status da sessão", "Session status")
        .pt("Situação da sessão na plataforma, como finished. É a da última atualização recebida: \
            sessões abertas ainda mudam.")
        .en("State of the session on the platform, such as finished. It is that of the latest update: \
            open sessions still change."),
    Field::new("isAttendance", Kind::Boolean)
        .label("Em atendimento humano", "With an agent")
        .pt("Diz se o contato está com um agente, conforme a última atualização. \
            Para saber se alguém atendeu, veja se há ID do agente.")
        .en("Whether the contact is with an agent, as of the latest update. To know if anyone attended, \
            see if there is an agent ID."),
    Field::new("expired", Kind::Boolean)
        .label("Encerrada por expiração", "Ended by expiry")
        .pt("Verdadeiro quando o tempo da sessão se esgotou e ela foi encerrada sozinha. \
            Vazio quando a plataforma não informa.")
        .en("True when the session ran out of time and was closed on its own. \
            Empty when the platform does not say."),
    Field::new("tabulation", Kind::Text)
        .label("Tabulação", "Tabulation")
        .pt("Motivo escolhido ao encerrar o atendimento. Vazio até ser escolhido, \
            o que pode ocorrer depois do fim da sessão.")
        .en("Reason chosen to close the session with. Empty until chosen, \
            which may happen after the session has ended.")
        .may_be_object(),
    Field::new("id", Kind::Text)
        .label("ID do registro", "Record ID")
        .pt("Identificador deste registro na base da plataforma, em geral igual ao ID da sessão. \
            Para contar sessões, prefira este último.")
        .en("Identifier of the record in the platform's database, mostly equal to the session ID. \
            To count sessions, prefer the latter.")
        .confidential(Confidential::Key),
    Field::new("updated_at", Kind::Instant)
        .label("Atualização da sessão", "Session updated")
        .pt("Momento da última alteração da sessão na plataforma, no fuso da conta. \
            Uma tabulação tardia também o muda.")
        .en("Moment the session last changed on the platform, in the account's zone. \
            A late tabulation moves it too."),
    Field::new("report_at", Kind::Instant)
        .label("Envio ao relatório", "Sent to reports")
        .pt("Momento em que a sessão chegou aos relatórios, no fuso da conta. \
            Não diz quando houve atendimento: para isso use a criação.")
        .en("Moment the session reached the reports, in the account's zone. \
            It does not tell when service took place: use the creation date.")
        .documented(DocumentType::Timestamp),
];

/// Times of waiting and handling. All are seconds, and a missing one is not zero.
pub(super) const SERVICE: &[Field] = &[
    Field::new("attendance_timer_tma", Kind::Seconds)
        .label("Tempo de atendimento (TMA)", "Handling time (TMA)")
        .pt("Segundos de atendimento da sessão, como a plataforma os mede; a média deles é o TMA. \
            Vazio sem medida, e então fora da média.")
        .en("Seconds the session was being handled, as the platform measures them; \
            their average is the TMA. Empty if not measured."),
    Field::new("attendance_timer_tme", Kind::Seconds)
        .label("Tempo de espera (TME)", "Waiting time (TME)")
        .pt("Segundos que o contato esperou por um agente, como a plataforma os mede; \
            a média deles é o TME. Vazio sem medida: não é zero.")
        .en("Seconds the contact waited for an agent, as the platform measures them; \
            their average is the TME. Empty is not zero."),
    Field::new("attendance_timer_tta", Kind::Seconds)
        .label("Tempo total (TTA)", "Total time (TTA)")
        .pt("Segundos do atendimento inteiro, como a plataforma os mede: em geral, \
            espera mais atendimento. Vazio quando não há medida.")
        .en("Seconds of the service as a whole, as the platform measures them: \
            mostly waiting plus handling. Empty if not measured."),
    Field::new("timerOnWait", Kind::Seconds)
        .label("Tempo na fila", "Time in queue")
        .pt("Segundos que o contato passou na fila de espera. É uma duração, não uma data, \
            e pode diferir do tempo de espera (TME).")
        .en("Seconds the contact spent in the waiting queue. It is a duration, not a date, \
            and may differ from the waiting time (TME).")
        .documented(DocumentType::Datetime),
];

/// Where the contact came in.
pub(super) const CHANNEL: &[Field] = &[
    Field::new("channel", Kind::Text)
        .label("Canal", "Channel")
        .pt("Nome do canal por onde o contato falou. Se o canal for renomeado, \
            as sessões antigas mantêm o nome antigo.")
        .en("Name of the channel the contact wrote through. If the channel is renamed, \
            earlier sessions keep the earlier name.")
        .may_be_object(),
    Field::new("channel_id", Kind::Text)
        .label("ID do canal", "Channel ID")
        .pt("Identificador do canal usado na sessão. Não muda quando o canal é renomeado: \
            bom para comparar períodos longos.")
        .en("Identifier of the channel used. It stays when the channel is renamed: \
            good for comparing long periods."),
    Field::new("platform", Kind::Text)
        .label("Plataforma", "Platform")
        .pt("Serviço de mensagens usado pelo contato, como WhatsappBusiness. \
            Vários canais podem usar o mesmo serviço.")
        .en("Messaging service the contact used, such as WhatsappBusiness. \
            Several channels may share one service."),
    Field::new("platform_id", Kind::Text)
        .label("ID na plataforma", "ID on the platform")
        .pt("Endereço do contato no serviço de mensagens: no WhatsApp, \
            um telefone ou um código como BR.1234. Nem sempre é telefone.")
        .en("The contact's address on the messaging service: \
            on WhatsApp a phone number or a code such as BR.1234. Not always a phone.")
        .confidential(Confidential::Contact),
];
