//! The list of report types: which there are, and what a row of each is.

use domain::lang::{Lang, Text};
use serde::Serialize;

use super::report::ReportType;

/// All report types.
#[derive(Debug, Serialize)]
pub(crate) struct ReportTypes {
    report_types: Vec<ReportTypeView>,
}

#[derive(Debug, Serialize)]
struct ReportTypeView {
    id: &'static str,
    label: &'static str,
    description: &'static str,
    grain: &'static str,
}

impl ReportTypes {
    /// The list, with its texts in one language.
    pub(crate) fn all(lang: Lang) -> ReportTypes {
        let view = |report: ReportType| ReportTypeView {
            id: report.id(),
            label: label(report).in_lang(lang),
            description: description(report).in_lang(lang),
            grain: grain(report).in_lang(lang),
        };
        ReportTypes { report_types: ReportType::ALL.map(view).into() }
    }
}

/// What a report type is called.
pub(crate) fn label(report: ReportType) -> Text {
    match report {
        ReportType::Sessions => Text::new("Sessões", "Sessions"),
        ReportType::Talks => Text::new("Mensagens", "Messages"),
        ReportType::TalkOptions => Text::new("Opções das mensagens", "Message options"),
        ReportType::Events => Text::new("Eventos", "Events"),
        ReportType::Tags => Text::new("Tags", "Tags"),
        ReportType::ContactPlatforms => Text::new("Plataformas dos contatos", "Contact platforms"),
        ReportType::Summary => Text::new("Resumo", "Summary"),
    }
}

fn description(report: ReportType) -> Text {
    match report {
        ReportType::Sessions => Text::new(
            "Todos os campos de cada sessão: o relatório para começar.",
            "All fields of each session: the report to start with.",
        ),
        ReportType::Talks => Text::new(
            "A conversa, mensagem por mensagem, com links para as mídias.",
            "The conversation, message by message, with links to media.",
        ),
        ReportType::TalkOptions => Text::new(
            "As opções que as mensagens de menu ofereceram.",
            "The choices that menu messages offered.",
        ),
        ReportType::Events => Text::new(
            "O que ocorreu em cada sessão, como esperas e transferências.",
            "What happened in each session, such as waits and transfers.",
        ),
        ReportType::Tags => Text::new(
            "O que o fluxo perguntou e o contato respondeu.",
            "What the flow asked and the contact answered.",
        ),
        ReportType::ContactPlatforms => Text::new(
            "Os endereços do contato em cada serviço de mensagens.",
            "The contact's addresses on each messaging service.",
        ),
        ReportType::Summary => Text::new(
            "Totais já somados pelas dimensões escolhidas: leve, para períodos longos. Até 20 campos.",
            "Totals already added up by the chosen dimensions: light, for long periods. Up to 20 fields.",
        ),
    }
}

fn grain(report: ReportType) -> Text {
    match report {
        ReportType::Sessions => Text::new("uma linha por sessão", "one row a session"),
        ReportType::Talks => Text::new("uma linha por mensagem", "one row a message"),
        ReportType::TalkOptions => Text::new("uma linha por opção oferecida", "one row an offered choice"),
        ReportType::Events => Text::new("uma linha por evento", "one row an event"),
        ReportType::Tags => Text::new("uma linha por tag", "one row a tag"),
        ReportType::ContactPlatforms => {
            Text::new("uma linha por plataforma do contato", "one row a platform of the contact")
        }
        ReportType::Summary => {
            Text::new("uma linha por combinação das dimensões", "one row a combination of dimensions")
        }
    }
}
