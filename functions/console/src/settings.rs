//! `GET` and `PUT /v1/settings`: what an operator sets for the whole stack and every console shows.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::IntoResponse;
use domain::lang::{Text, Words};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value, json};
use store::{Action, Prices, Settings};
use web::caller::Caller;
use web::input::{InputField, Json, Others, all, each};
use web::misfit::unfit;
use web::problem::Problem;

use crate::App;
use crate::embed::is_id;

/// The templates of reports that there are.
const TEMPLATES: [&str; 6] = ["atendimento", "distribuicao", "agentes", "perdidas", "tabulacao", "conversas"];
/// What a price may be: far beyond what anything costs.
const PRICE: std::ops::RangeInclusive<f64> = 0.0..=1e9;

const NO_DEPLOYMENT: Text = Text::new(
    "deve ser o id de uma implantação: de 10 a 200 caracteres entre A-Z a-z 0-9 _ -",
    "must be the id of a deployment: 10 to 200 of A-Z a-z 0-9 _ -",
);
const NO_REPORT: Text = Text::new(
    "deve ser o id de um relatório: de 10 a 64 caracteres entre A-Z a-z 0-9 _ -",
    "must be the id of a report: 10 to 64 of A-Z a-z 0-9 _ -",
);
const NO_PRICE: Text = Text::new(
    "não é um preço que se possa definir: retire-o",
    "is not a price that can be set: leave it out",
);
const NO_CURRENCY: Text = Text::new(
    "deve ter três letras maiúsculas, por exemplo BRL",
    "must be three capital letters, for example BRL",
);
const NO_AMOUNT: Text =
    Text::new("deve ser um número de 0 a 1.000.000.000", "must be a number from 0 to 1,000,000,000");

#[derive(Debug, Serialize)]
struct SettingsView {
    connector_id: Option<String>,
    templates: BTreeMap<String, String>,
    /// An object in any case, without members where none are set.
    prices: Value,
}

impl SettingsView {
    fn new(settings: Settings, app: &App) -> SettingsView {
        SettingsView {
            connector_id: settings.connector_id.or_else(|| app.deployment.connector_id.clone()),
            templates: settings.templates,
            prices: settings.prices.map_or_else(|| json!({}), |prices| json!(prices)),
        }
    }
}

pub(crate) async fn read(State(app): State<App>, caller: Caller) -> Result<impl IntoResponse, Problem> {
    caller.require_console()?;
    Ok(axum::Json(SettingsView::new(app.store.settings().await?, &app)))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct SettingsRequest {
    /// Null is sent to have the deployment's own again.
    #[serde(deserialize_with = "sent")]
    connector_id: Option<Value>,
    templates: InputField<BTreeMap<String, String>>,
    prices: InputField<Map<String, Value>>,
    #[serde(flatten)]
    others: Others,
}

/// A member that was sent, null too.
fn sent<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

pub(crate) async fn change(
    State(app): State<App>,
    caller: Caller,
    Json(request): Json<SettingsRequest>,
) -> Result<impl IntoResponse, Problem> {
    caller.require_admin()?;
    let connector = request.connector_id.map(connector).transpose();
    let templates =
        request.templates.optional("templates").and_then(|given| given.map(templates).transpose());
    let prices =
        request.prices.optional("prices").and_then(|given| given.map(|given| prices(&given)).transpose());
    let (connector, templates, prices, ()) = all((connector, templates, prices, request.others.refuse()))?;
    app.store.note_event(None, Action::SettingsChanged, &caller.token_id, None).await?;
    let changed = app.store.change_settings(|settings| {
        if let Some(connector) = &connector {
            settings.connector_id.clone_from(connector);
        }
        if let Some(templates) = &templates {
            settings.templates.clone_from(templates);
        }
        if let Some(prices) = &prices {
            settings.prices.clone_from(prices);
        }
        Ok::<_, Problem>(settings.clone())
    });
    let settings = changed.await?;
    tracing::info!(by = caller.token_id, "settings changed");
    Ok(axum::Json(SettingsView::new(settings, &app)))
}

fn connector(value: Value) -> Result<Option<String>, Problem> {
    match value {
        Value::Null => Ok(None),
        Value::String(id) if is_id(&id, 10, 200) => Ok(Some(id)),
        _ => Err(Problem::invalid("connector_id", NO_DEPLOYMENT)),
    }
}

fn templates(given: BTreeMap<String, String>) -> Result<BTreeMap<String, String>, Problem> {
    let checked = given.into_iter().map(|(template, report)| {
        let field = format!("templates.{template}");
        if !TEMPLATES.contains(&template.as_str()) {
            let Words { pt, en } = Words::one_of(&TEMPLATES);
            Err(Problem::invalid(
                field,
                Words::new(format!("não é um modelo: use {pt}"), format!("is not a template: use {en}")),
            ))
        } else if !is_id(&report, 10, 64) {
            Err(Problem::invalid(field, NO_REPORT))
        } else {
            Ok((template, report))
        }
    });
    Ok(each(checked)?.into_iter().collect())
}

/// The prices: all of them, or none to forget them.
fn prices(given: &Map<String, Value>) -> Result<Option<Prices>, Problem> {
    if given.is_empty() {
        return Ok(None);
    }
    let prices = serde_json::from_value::<Prices>(Value::Object(given.clone()))
        .map_err(|error| Problem::invalid("prices", unfit(&error)))?;
    let known = json!(prices);
    let unknown = given.keys().filter(|name| known.get(name).is_none());
    each(unknown.map(|name| Err::<(), _>(Problem::invalid(format!("prices.{name}"), NO_PRICE))))?;
    let letters = prices.currency.len() == 3 && prices.currency.bytes().all(|b| b.is_ascii_uppercase());
    let currency = Problem::invalid("prices.currency", NO_CURRENCY);
    let amounts = [
        ("per_million_requests", prices.per_million_requests),
        ("per_gb_month_storage", prices.per_gb_month_storage),
        ("per_million_writes", prices.per_million_writes),
        ("per_million_reads", prices.per_million_reads),
    ];
    let amounts = amounts.map(|(name, amount)| {
        let expected = || Problem::invalid(format!("prices.{name}"), NO_AMOUNT);
        if PRICE.contains(&amount) { Ok(()) } else { Err(expected()) }
    });
    all((if letters { Ok(()) } else { Err(currency) }, each(amounts)))?;
    Ok(Some(prices))
}
