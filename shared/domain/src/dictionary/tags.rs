//! The information a flow collects.

use super::{Confidential, Field, Kind, Record};

/// The field of the session that holds the tags.
pub(super) const RECORD_LISTS: &[Field] = &[Field::new("tags", Kind::Records(Record::Tag))
    .label("Tags", "Tags")
    .pt("Informações que o fluxo coletou do contato, cada uma com sua resposta, em um só texto. \
            Para filtrar, use o relatório de tags.")
    .en("What the flow collected from the contact, each with its answer, as one text. \
            To count or filter, use the report of tags.")
    .confidential(Confidential::Content)];

/// One piece of information collected from the contact.
pub(super) const TAGS: &[Field] = &[
    Field::new("tags.tag", Kind::Text)
        .label("Tag: variável", "Tag: variable")
        .pt("Nome da variável que guarda a informação, como motivo. \
            Escolha uma só variável antes de contar respostas.")
        .en("Name of the variable that keeps the information, such as motivo. \
            Pick a single variable before counting answers."),
    Field::new("tags.question", Kind::Text)
        .label("Tag: pergunta", "Tag: question")
        .pt("Pergunta feita ao contato para obter a informação. Muda quando o fluxo é reescrito: \
            para agrupar, prefira a variável.")
        .en("Question put to the contact to obtain the information. \
            It changes when the flow is rewritten: group by variable instead.")
        .confidential(Confidential::Content),
    Field::new("tags.answer", Kind::Text)
        .label("Tag: resposta", "Tag: answer")
        .pt("Resposta do contato, como ele a escreveu. Pode conter dados pessoais e variar na grafia; \
            vazio se não respondeu.")
        .en("The contact's answer, as written. It may hold personal data and vary in spelling; \
            empty if there was no answer.")
        .confidential(Confidential::Content),
    Field::new("tags.type", Kind::Text)
        .label("Tag: tipo", "Tag: type")
        .pt("Tipo da variável, como text, definido no fluxo. Diz o formato que se espera da resposta, \
            que é guardada como texto.")
        .en("Type of the variable, such as text, set in the flow. \
            It tells the format expected of the answer, which is kept as text."),
    Field::new("tags.show_agent_text", Kind::Text)
        .label("Tag: nome para o agente", "Tag: name for the agent")
        .pt("Nome com que a variável aparece na tela do agente. \
            Vazio quando não foi definido um nome próprio.")
        .en("Name under which the variable appears on the agent's screen. \
            Empty when no name of its own was set."),
    Field::new("tags.show_agent_description", Kind::Text)
        .label("Tag: visível ao agente", "Tag: visible to the agent")
        .pt("Diz se o agente pode ver a informação durante o atendimento. Vem como texto, \
            do modo que a plataforma envia.")
        .en("Whether the agent may see the information while attending. Comes as text, \
            the way the platform sends it."),
    Field::new("tags.created_at", Kind::Instant)
        .label("Tag: momento", "Tag: moment")
        .pt("Momento em que a informação foi enviada, no fuso da conta. \
            O período do relatório filtra a data da sessão, não esta.")
        .en("Moment the information was sent, in the account's zone. \
            The report's period filters the session's date, not this one."),
];
