//! `premium import`: sends the sessions of files. Repeating it changes nothing, for a session is kept once a version.

mod items;

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use futures::{StreamExt, stream};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::error::CliError;
use crate::http::{Client, Target};
use crate::send::{Batch, Delivery, Item, Tally, send};
use items::{Items, ItemsError};

/// Batches on their way at once: while one is stored, the next ones are read and compressed.
const IN_FLIGHT: usize = 4;

/// What to import.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// Arquivos NDJSON ou JSON, com ou sem gzip.
    ///
    /// NDJSON or JSON files, gzip or not.
    #[arg(required = true, value_name = "ARQUIVO")]
    files: Vec<PathBuf>,
    /// Conta que recebe as sessões; só um token de administrador precisa dizer.
    ///
    /// Account that gets the sessions; needed with an admin token only.
    #[arg(long, value_name = "CONTA")]
    account: Option<String>,
    /// Mapeamento que lê documentos de outra plataforma, como chatwoot.
    ///
    /// Mapping that reads another platform's documents, such as chatwoot.
    #[arg(long, value_name = "NOME")]
    mapping: Option<String>,
    #[command(flatten)]
    target: Target,
}

/// Imports all files, as far as they can be read, and says what was stored.
pub async fn run(args: ImportArgs) -> Result<(), CliError> {
    let client = Client::of(&args.target)?;
    let bar = bar(&args.files);
    let delivery = Delivery { account: args.account.as_deref(), mapping: args.mapping.as_deref() };
    let mut import = Import { client, delivery, bar, tally: Tally::default() };
    let mut failures = Vec::new();
    for path in &args.files {
        match import.file(path).await {
            Ok(()) => {}
            Err(FileError::Unread(error)) => failures.push(format!("{}: {error}", path.display())),
            Err(FileError::Unsent(error)) => {
                failures.push(format!("{}: {error}", path.display()));
                break;
            }
        }
    }
    import.bar.finish_and_clear();
    conclude(&import.tally, &failures)
}

/// Why a file was not imported as a whole.
enum FileError {
    /// It cannot be read on. Other files can.
    Unread(ItemsError),
    /// The stack does not take it. It would take no other one.
    Unsent(CliError),
}

struct Import<'d> {
    client: Client,
    delivery: Delivery<'d>,
    bar: ProgressBar,
    tally: Tally,
}

impl Import<'_> {
    async fn file(&mut self, path: &Path) -> Result<(), FileError> {
        let open = || Items::open(self.bar.wrap_read(File::open(path)?));
        let mut batches = Batches { items: open().map_err(FileError::Unread)?, next: None, failure: None };
        let (source, delivery) = (path.display().to_string(), self.delivery);
        let refused = Cell::new(false);
        let mut failure = None;
        {
            let more =
                std::iter::from_fn(|| if refused.get() { None } else { batches.next(&source, delivery) });
            let sending =
                more.map(|batch| send(&self.client, delivery, batch, |reason| say_why(&self.bar, reason)));
            let mut sent = stream::iter(sending).buffer_unordered(IN_FLIGHT);
            while let Some((tally, outcome)) = sent.next().await {
                self.tally.add(tally);
                self.bar.set_message("");
                if let Err(error) = outcome {
                    // What is on its way is waited for, so that the tally is right; nothing more is sent.
                    refused.set(true);
                    failure.get_or_insert(error);
                }
            }
        }
        match (failure, batches.failure) {
            (Some(error), _) => Err(FileError::Unsent(error)),
            (None, Some(error)) => Err(FileError::Unread(error)),
            (None, None) => Ok(()),
        }
    }
}

/// Gathers a file's sessions into batches.
struct Batches {
    items: Items,
    /// The session that no longer fitted into the last batch.
    next: Option<Item>,
    failure: Option<ItemsError>,
}

impl Batches {
    fn next(&mut self, source: &str, delivery: Delivery<'_>) -> Option<Batch> {
        let mut batch = Batch::new(source, delivery);
        batch_up(self, &mut batch);
        if batch.is_empty() { None } else { Some(batch) }
    }
}

fn batch_up(batches: &mut Batches, batch: &mut Batch) {
    if let Some(item) = batches.next.take() {
        batch.push(item);
    }
    loop {
        match batches.items.next() {
            Ok(Some(item)) if batch.fits(&item) => batch.push(item),
            Ok(item) => {
                batches.next = item;
                return;
            }
            Err(error) => {
                batches.failure = Some(error);
                return;
            }
        }
    }
}

/// A bar over the bytes of all files; hidden where standard error is no terminal.
fn bar(files: &[PathBuf]) -> ProgressBar {
    let size = files.iter().filter_map(|path| path.metadata().ok()).map(|metadata| metadata.len()).sum();
    let bar = ProgressBar::with_draw_target(Some(size), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {bytes} de {total_bytes}, faltam {eta} {msg}") {
        bar.set_style(style);
    }
    bar
}

/// Says beside the bar why nothing moves; without it a wrong address is a minute of silence.
fn say_why(bar: &ProgressBar, reason: &CliError) {
    bar.set_message(format!("· tentando de novo: {reason}"));
    bar.tick();
}

/// Says what was stored; any failure makes the whole command one.
fn conclude(tally: &Tally, failures: &[String]) -> Result<(), CliError> {
    let mut stderr = io::stderr();
    for fault in &tally.faults {
        let field = fault.field.as_ref().map(|field| format!(" [{field}]")).unwrap_or_default();
        writeln!(stderr, "{}:{}:{field} {}", fault.source, fault.number, fault.message)?;
    }
    if tally.rejected > tally.faults.len() as u64 {
        writeln!(stderr, "… e mais {} rejeitadas", tally.rejected - tally.faults.len() as u64)?;
    }
    for failure in failures {
        writeln!(stderr, "{failure}")?;
    }
    crate::say(format_args!("{}", sentence(tally)))?;
    if failures.is_empty() && tally.rejected == 0 {
        return Ok(());
    }
    let what = if failures.is_empty() {
        format!("{} sessões rejeitadas: corrija-as", tally.rejected)
    } else {
        "a importação não chegou ao fim: corrija a causa".to_owned()
    };
    Err(CliError::Incomplete(format!("{what} e repita; o que já foi guardado não se repete")))
}

fn sentence(tally: &Tally) -> String {
    let kept = tally.accepted + tally.unchanged + tally.stale;
    let mut sentence = format!(
        "{kept} sessões estão guardadas: {} agora, {} já estavam iguais, {} já estavam em versão mais nova; \
         {} ignoradas, {} rejeitadas.",
        tally.accepted, tally.unchanged, tally.stale, tally.ignored, tally.rejected
    );
    if tally.ignored > 0 {
        sentence.push_str(
            " As ignoradas são de antes do início da conta (starts_on) ou já venceram: um administrador pode antecipar \
             o início.",
        );
    }
    sentence
}
