//! `premium lake rebuild`: days of the lake anew from the table, and the receipts that prove both agree.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::Args;
use indicatif::ProgressBar;
use maintain::{App, Rebuild};
use runtime::telemetry::chain;

use super::{PremiumError, account_id, store};

/// What to rebuild.
#[derive(Debug, Args)]
pub(crate) struct RebuildArgs {
    /// Conta a refazer.
    ///
    /// Account to rebuild.
    #[arg(long, value_name = "CONTA")]
    account: String,
    /// Primeiro dia, em UTC.
    ///
    /// First day, UTC.
    #[arg(long, value_name = "DIA")]
    start: NaiveDate,
    /// Último dia, em UTC, incluído.
    ///
    /// Last day, UTC, included.
    #[arg(long, value_name = "DIA")]
    end: NaiveDate,
    /// Pasta de dados do ambiente local.
    ///
    /// Data folder of the local stack.
    #[arg(long, default_value = ".premium", value_name = "PASTA")]
    data: PathBuf,
}

/// Rebuilds day after day and writes a line for each that has sessions.
pub(super) async fn run(args: RebuildArgs) -> Result<(), PremiumError> {
    let RebuildArgs { account, start, end, data } = args;
    if start > end {
        return Err(PremiumError::Period { start, end });
    }
    let (account, app) = (account_id(account)?, App::new(store(data).await?));
    let progress = ProgressBar::new(u64::try_from((end - start).num_days() + 1).unwrap_or_default());
    let (mut rebuilt, mut differing, mut healed) = (0, 0, 0);
    for day in start.iter_days().take_while(|day| *day <= end) {
        let order = Rebuild { rebuild: account.clone(), start: day, end: day };
        let done =
            maintain::rebuild(&app, &order).await.map_err(|error| PremiumError::Rebuild(chain(&error)))?;
        rebuilt += done.sessions;
        differing += usize::from(!done.agrees);
        healed += done.healed;
        for receipt in done.receipts {
            let verdict = if receipt.agrees { "confere · agrees" } else { "difere · differs" };
            let (stored, served) = (receipt.stored, receipt.served);
            progress.suspend(|| client::say(format_args!("{day} {stored:>8} {served:>8}  {verdict}")))?;
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    if healed > 0 {
        client::say(format_args!("{healed} saíram da quarentena · left the quarantine"))?;
    }
    if rebuilt + differing + healed == 0 {
        return Err(PremiumError::Nothing(account.to_string()));
    }
    if differing > 0 {
        return Err(PremiumError::Differs(differing));
    }
    Ok(client::say(format_args!(
        "{rebuilt} sessões; tabela e data lake dizem o mesmo · table and lake say the same"
    ))?)
}
