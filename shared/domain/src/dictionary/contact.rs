//! The contact and its addresses.

use super::{Confidential, Field, Kind, Record};

/// The contact, as registered when the session was sent.
pub(super) const FIELDS: &[Field] = &[
    Field::new("contact_id", Kind::Text)
        .label("ID do contato", "Contact ID")
        .pt("Código fixo que a plataforma dá ao contato. Conte valores distintos para saber quantos \
            contatos houve, e não quantas sessões.")
        .en("Fixed code the platform gives the contact. Count distinct values to learn how many \
            contacts there were, not sessions.")
        .confidential(Confidential::Contact),
    Field::new("contact_name", Kind::Text)
        .label("Contato", "Contact")
        .pt("Nome do contato quando a sessão foi enviada. Nomes se repetem e mudam: \
            para agrupar por contato, use o ID.")
        .en("Name of the contact when the session was sent. Names repeat and change: \
            to group by contact, use the ID.")
        .confidential(Confidential::Contact),
    Field::new("contact_created_at", Kind::Instant)
        .label("Cadastro do contato", "Contact registered")
        .pt("Momento em que o contato foi cadastrado, no fuso da conta. Se for no dia da sessão, \
            é um contato novo.")
        .en("Moment the contact was registered, in the account's zone. If it is on the session's day, \
            the contact is a new one.")
        .confidential(Confidential::Trait),
    Field::new("contact_lastInteraction", Kind::Instant)
        .label("Última interação do contato", "Contact's last interaction")
        .pt("Quando o contato deu sinal pela última vez, nesta ou em outra sessão conhecida até o envio \
            desta, no fuso da conta.")
        .en("When the contact was last active, in this or another session known by the time this one \
            was sent, in the account's zone.")
        .confidential(Confidential::Trait),
    Field::new("contact_lastChannel", Kind::Text)
        .label("ID do último canal do contato", "Contact's last channel ID")
        .pt("Identificador do último canal usado pelo contato. Pode não ser o desta sessão: para ela, \
            use o ID do canal.")
        .en("Identifier of the last channel the contact used. It may not be this session's: for that, \
            use the channel ID.")
        .confidential(Confidential::Trait),
    Field::new("contact_lastChannelName", Kind::Text)
        .label("Último canal do contato", "Contact's last channel")
        .pt("Nome do último canal usado pelo contato. Pode não ser o desta sessão: para ela, \
            use o campo Canal.")
        .en("Name of the last channel the contact used. It may not be this session's: for that, \
            use the field Channel.")
        .confidential(Confidential::Trait),
];

/// The field of the session that holds the contact's platforms.
pub(super) const RECORD_LISTS: &[Field] =
    &[Field::new("contact_platforms", Kind::Records(Record::ContactPlatform))
        .label("Plataformas do contato", "Contact's platforms")
        .pt("Serviços de mensagens do contato e o endereço dele em cada um, em um só texto. \
            Para contar, use o relatório de plataformas.")
        .en("The contact's messaging services and address on each, as one text. To count them, \
            use the report of contact platforms.")
        .confidential(Confidential::Contact)];

/// One address of the contact on a messaging platform.
pub(super) const PLATFORMS: &[Field] = &[
    Field::new("contact_platforms.platform", Kind::Text)
        .label("Plataforma do contato: serviço", "Contact platform: service")
        .pt("Serviço de mensagens em que o contato tem endereço, como WhatsappBusiness. \
            Pode não ser o usado nesta sessão.")
        .en("Messaging service on which the contact has an address, such as WhatsappBusiness. \
            May not be the one used in this session."),
    Field::new("contact_platforms.platform_id", Kind::Text)
        .label("Plataforma do contato: endereço", "Contact platform: address")
        .pt("Endereço do contato nesse serviço: um telefone, um usuário ou um código como BR.1234. \
            Um contato pode ter vários.")
        .en("The contact's address on that service: a phone number, a user or a code such as BR.1234. \
            One contact may have several.")
        .confidential(Confidential::Contact),
];
