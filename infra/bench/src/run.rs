//! All questions, each in a process of its own.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use clap::Args;
use infra::template::allocator;

use crate::ask::Report;
use crate::error::BenchError;
use crate::meter::Cost;
use crate::questions::NAMES;
use crate::servers::Servers;

/// What to ask.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// The questions; all of them by default.
    names: Vec<String>,
    /// The data folder that `bench build` filled.
    #[arg(long)]
    data: PathBuf,
    /// How many times each, after the first.
    #[arg(long, default_value_t = 5)]
    warm: usize,
}

/// Prints a table, and writes `answers.json` into the data folder. Fails at the first question that is not answered.
pub fn run(args: &RunArgs) -> Result<(), BenchError> {
    let _servers = Servers::start(&args.data)?;
    let names: Vec<&str> =
        if args.names.is_empty() { NAMES.into() } else { args.names.iter().map(String::as_str).collect() };
    crate::say(format_args!(
        "|   | cpu ms | wall ms | cold cpu | cold wall | peak MiB | gets | cold gets | MB read | rows | pages | MB |"
    ))?;
    crate::say(format_args!("|---|---|---|---|---|---|---|---|---|---|---|---|"))?;
    let mut reports = Vec::new();
    for name in names {
        let report = ask(name, args)?;
        crate::say(format_args!("{}", line(&report)))?;
        reports.push(report);
    }
    std::fs::write(args.data.join("answers.json"), serde_json::to_vec_pretty(&reports)?)?;
    Ok(())
}

fn ask(name: &str, args: &RunArgs) -> Result<Report, BenchError> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("ask").arg(name).arg("--data").arg(&args.data).arg("--warm").arg(args.warm.to_string());
    command.envs(allocator()?);
    let output = command.stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(BenchError::Other(format!("{name} was not answered")));
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

#[expect(clippy::cast_precision_loss, reason = "shown in whole numbers and megabytes")]
fn line(report: &Report) -> String {
    let warm = |of: fn(&Cost) -> f64| {
        let mut all: Vec<f64> = report.warm.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).copied().unwrap_or_default()
    };
    let cold = report.cold;
    format!(
        "| {} | {:.0} | {:.0} | {:.0} | {:.0} | {:.0} | {:.0} | {} | {:.2} | {} | {} | {:.1} |",
        report.name,
        warm(|cost| cost.cpu_ms),
        warm(|cost| cost.wall_ms),
        cold.cpu_ms,
        cold.wall_ms,
        report.peak_mib,
        warm(|cost| cost.gets as f64),
        cold.gets,
        warm(|cost| cost.bytes as f64) / 1e6,
        report.rows,
        report.pages,
        report.answered as f64 / 1e6,
    )
}
