//! The automatic flow.

use super::{Field, Kind};

/// The automatic flow that received the contact.
pub(super) const FIELDS: &[Field] = &[
    Field::new("flow_id", Kind::Text)
        .label("ID do fluxo", "Flow ID")
        .pt("Identificador do fluxo automático que recebeu o contato, \
            estável quando o fluxo é renomeado. Vazio se não houve fluxo.")
        .en("Identifier of the automatic flow that received the contact, which stays when renamed. \
            Empty if there was no flow."),
    Field::new("flow_name", Kind::Text)
        .label("Fluxo", "Flow")
        .pt("Nome do fluxo automático que recebeu o contato. Vazio se não houve fluxo, \
            como em conversas iniciadas por agentes.")
        .en("Name of the automatic flow that received the contact. Empty if there was none, \
            as when an agent starts the conversation."),
    Field::new("position", Kind::Text)
        .label("Posição no fluxo", "Position in the flow")
        .pt("Etapa em que o contato está, como human quando já está com agentes. Em sessões encerradas, \
            é a última etapa alcançada.")
        .en("Stage the contact is at, such as human once with agents. For sessions that have ended, \
            the last stage reached."),
    Field::new("group", Kind::Text)
        .label("Componente do fluxo", "Flow component")
        .pt("Componente do fluxo em que o contato esteve por último, como um menu. \
            Mostra em que ponto os contatos desistem.")
        .en("Component of the flow where the contact was last, such as a menu. \
            It shows at which point contacts give up."),
    Field::new("flow_sentiment_enabled", Kind::Boolean)
        .label("Análise de sentimento ativa", "Sentiment analysis on")
        .pt("Verdadeiro quando o fluxo analisa o sentimento das mensagens. Se falso, \
            sentimento vazio não significa mensagem neutra.")
        .en("True when the flow analyses the sentiment of messages. Where false, \
            an empty sentiment does not mean a neutral message."),
    Field::new("flow_sentiment_language", Kind::Text)
        .label("Idioma da análise de sentimento", "Sentiment analysis language")
        .pt("Idioma configurado para a análise de sentimento, como pt. \
            Mensagens em outro idioma podem ser mal avaliadas.")
        .en("Language the sentiment analysis is set to, such as pt. \
            Messages in another language may be judged wrongly."),
    Field::new("flow_stt_enabled", Kind::Boolean)
        .label("Transcrição de áudio ativa", "Speech to text on")
        .pt("Verdadeiro quando o fluxo transcreve os áudios recebidos. Se falso, \
            os áudios chegam sem transcrição.")
        .en("True when the flow turns received audio into text. Where false, \
            audio messages come without a transcript."),
    Field::new("flow_stt_language", Kind::Text)
        .label("Idioma da transcrição de áudio", "Speech to text language")
        .pt("Idioma configurado para transcrever áudios, como pt-BR. \
            Áudios em outro idioma podem sair mal transcritos.")
        .en("Language set for turning audio into text, such as pt-BR. \
            Audio in another language may be transcribed badly."),
];
