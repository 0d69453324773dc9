//! The conversation: messages and the choices they offer.

use super::vocabulary::{MESSAGE_TYPES, ORIGINS};
use super::{Confidential, Field, Kind, Record};

/// The field of the session that holds the messages.
pub(super) const RECORD_LISTS: &[Field] = &[Field::new("talks", Kind::Records(Record::Talk))
    .label("Conversa", "Conversation")
    .pt("Transcrição da sessão: mensagens em ordem, com momento e origem, em um só texto. \
            Depois de 256 KiB diz apenas quantas mensagens seguem. Para contar mensagens, use o relatório delas.")
    .en("Transcript of the session: messages in order, with moment and origin, as one text. \
            After 256 KiB it only says how many messages follow. To count messages, use their own report.")
    .confidential(Confidential::Content)];

/// One message of the conversation.
pub(super) const TALKS: &[Field] = &[
    Field::new("talks.created_at", Kind::Instant)
        .label("Mensagem: momento", "Message: moment")
        .pt("Momento em que a mensagem foi enviada, no fuso da conta. \
            O período do relatório filtra a data da sessão, não a da mensagem.")
        .en("Moment the message was sent, in the account's zone. \
            The report's period filters the session's date, not the message's."),
    Field::new("talks.origin", Kind::Text)
        .label("Mensagem: origem", "Message: origin")
        .pt("Quem enviou a mensagem: contact, agent, automatic ou admin, qualquer que seja a língua da plataforma. \
            Para ler em português, use o rótulo da origem.")
        .en("Who sent the message: contact, agent, automatic or admin, whatever language the platform writes. \
            Other values stay as they were sent.")
        .vocabulary(&ORIGINS),
    Field::new("talks.type", Kind::Text)
        .label("Mensagem: tipo", "Message: type")
        .pt("Tipo da mensagem, como text, image ou audio. Para contar mídias, veja se há ID do arquivo: \
            novos tipos podem surgir.")
        .en("Type of the message, such as text, image or audio. To count media, \
            see if there is a file ID: new types may appear.")
        .vocabulary(&MESSAGE_TYPES),
    Field::new("talks.message", Kind::Text)
        .label("Mensagem: texto", "Message: text")
        .pt("Texto da mensagem, como foi enviado. Vazio em mensagens de mídia: nelas, \
            veja a legenda e a transcrição do áudio.")
        .en("Text of the message, as it was sent. Empty for media messages: \
            for those see the caption and the audio transcript.")
        .confidential(Confidential::Content),
    Field::new("talks.legend", Kind::Text)
        .label("Mensagem: legenda", "Message: caption")
        .pt("Legenda enviada junto com a imagem ou o arquivo. \
            Vazio em mensagens de texto e em mídias sem legenda.")
        .en("Caption sent along with the image or file. Empty for text messages and for media without a \
            caption.")
        .confidential(Confidential::Content),
    Field::new("talks.filename", Kind::Text)
        .label("Mensagem: nome do arquivo", "Message: file name")
        .pt("Nome que o arquivo tinha ao ser enviado; pode conter dados pessoais. Não é único; \
            vazio em mensagens de texto.")
        .en("Original name of the file sent, which may hold personal data. It is not unique; \
            empty for text messages.")
        .confidential(Confidential::Content),
    Field::new("talks.storage_id", Kind::Text)
        .label("Mensagem: ID do arquivo", "Message: file ID")
        .pt("Identificador do arquivo guardado; preenchido, a mensagem é de mídia. Não é um endereço: \
            para abrir o arquivo, use o link da mídia.")
        .en("Identifier of the stored file; where present, the message is media. It is no address: \
            to open the file, use the media link.")
        .confidential(Confidential::Content),
    Field::new("talks.stt", Kind::Text)
        .label("Mensagem: transcrição do áudio", "Message: audio transcript")
        .pt("Texto que o serviço de voz reconheceu no áudio, sujeito a erros. \
            Vazio se não é áudio ou se a transcrição está desligada.")
        .en("Text the speech service recognised in the audio, errors included. \
            Empty if not audio or if speech to text is off.")
        .confidential(Confidential::Content),
    Field::new("talks.hsm", Kind::Boolean)
        .label("Mensagem: modelo (HSM)", "Message: template (HSM)")
        .pt("Verdadeiro quando a mensagem é um modelo aprovado do WhatsApp (HSM), \
            que costuma ser cobrado. Vazio se não informado.")
        .en("True when the message is an approved WhatsApp template (HSM), \
            which is usually charged for. Empty if not given."),
    Field::new("talks.blocked", Kind::Boolean)
        .label("Mensagem: bloqueada", "Message: blocked")
        .pt("Verdadeiro quando a plataforma bloqueou a mensagem: ela aparece na conversa, \
            mas pode não ter sido entregue.")
        .en("True when the platform blocked the message: it shows in the conversation but may not have \
            been delivered."),
    Field::new("talks.sentiment_analysis", Kind::Text)
        .label("Mensagem: sentimento", "Message: sentiment")
        .pt("Sentimento que o serviço de análise atribuiu à mensagem, como negativo. \
            Vazio se a análise está desligada: não é neutro.")
        .en("Sentiment the analysis service gave the message, such as negativo. \
            Empty where the analysis is off: that is not neutral."),
    Field::new("talks.sentiment_analysis_level", Kind::Integer)
        .label("Mensagem: nível de sentimento", "Message: sentiment level")
        .pt("Número que o serviço de análise deu ao sentimento da mensagem; em geral, \
            abaixo de zero é ruim. Vazio não é zero e fica fora da média.")
        .en("Number the analysis service gave the message's sentiment; mostly, below zero is bad. \
            Empty is not zero and stays out of the average."),
    Field::new("talks.options", Kind::Records(Record::TalkOption))
        .label("Mensagem: opções", "Message: options")
        .pt("Opções que a mensagem ofereceu, com número e texto, em um só texto. Vazio fora de menus; \
            a escolha vem em outra mensagem.")
        .en("Choices the message offered, with number and text, as one text. Empty outside menus; \
            the pick comes in another message.")
        .confidential(Confidential::Content),
];

/// One choice that a message offered.
pub(super) const OPTIONS: &[Field] = &[
    Field::new("talks.options.num", Kind::Text)
        .label("Opção: número", "Option: number")
        .pt("Número que o contato digita para escolher a opção. \
            É texto e só identifica a opção dentro da própria mensagem.")
        .en("Number the contact types to pick the option. \
            It is text and identifies the option only within its own message."),
    Field::new("talks.options.text", Kind::Text)
        .label("Opção: texto", "Option: text")
        .pt("Descrição da opção oferecida ao contato. Mostra o que o menu ofereceu, \
            não o que o contato escolheu.")
        .en("Description of the option offered to the contact. It shows what the menu offered, \
            not what the contact picked.")
        .confidential(Confidential::Content),
];
