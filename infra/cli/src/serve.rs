//! `premium serve`: the whole stack on this machine.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::Args;
use console::{Deployment, Origin};

use super::first_run;
use crate::error::PremiumError;
use infra::endpoints::Backend;
use infra::stack::Stack;
use web::limit::Limits;

/// Where to listen and where to keep things.
#[derive(Clone, Debug, Args)]
pub(crate) struct ServeArgs {
    /// Endereço e porta; a porta 0 escolhe uma livre.
    ///
    /// Address and port; port 0 picks a free one.
    #[arg(long, default_value_t = default_listen())]
    pub(crate) listen: SocketAddr,
    /// Pasta dos dados.
    ///
    /// Folder of the data.
    #[arg(long, default_value = ".premium")]
    pub(crate) data: PathBuf,
    /// Não cria a conta de demonstração.
    ///
    /// Makes no demo account.
    #[arg(long)]
    pub(crate) no_demo: bool,
    /// Usa a AWS, sem servidor embutido: a tabela, os buckets e a chave de `PREMIUM_TABLE`, `PREMIUM_LAKE_BUCKET`,
    /// `PREMIUM_MEDIA_BUCKET` e `PREMIUM_KEY`; não cria conta de demonstração.
    ///
    /// Uses AWS and no embedded server: the table, buckets and key that these variables name; makes no demo account.
    #[arg(long)]
    pub(crate) aws: bool,
    /// Site da plataforma, o único cujas páginas podem mostrar o console em um quadro.
    ///
    /// Site of the platform, the only one whose pages may frame the console.
    #[arg(long, env = "PREMIUM_PLATFORM_ORIGIN", value_name = "ORIGEM")]
    pub(crate) platform_origin: Option<Origin>,
    /// ID de implantação do conector, que o console oferece.
    ///
    /// Deployment id of the connector, which the console offers.
    #[arg(long, env = "PREMIUM_CONNECTOR_ID", value_name = "ID")]
    pub(crate) connector_id: Option<String>,
}

fn default_listen() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 8787))
}

impl Default for ServeArgs {
    fn default() -> ServeArgs {
        ServeArgs {
            listen: default_listen(),
            data: PathBuf::from(".premium"),
            no_demo: false,
            aws: false,
            platform_origin: None,
            connector_id: None,
        }
    }
}

/// Serves until the process is told to stop; a part that ends before that is an error.
pub(crate) async fn run(args: ServeArgs) -> Result<(), PremiumError> {
    // The embedded table calls every condition that does not hold a warning; here it is how versions are told apart.
    runtime::telemetry::init_at("warn,dynoxide=error");
    let deployment = Deployment { platform_origin: args.platform_origin, connector_id: args.connector_id };
    let backend = if args.aws { Backend::deployed()? } else { Backend::from_env()? };
    let mut stack =
        Stack::start_on(&backend, deployment, Limits::from_env()?, &args.data, args.listen).await?;
    client::say(format_args!("Premium Report em {}", stack.local.url))?;
    client::say(format_args!("Token de administrador: {}", stack.local.admin_token))?;
    let local = stack.local.clone();
    let serving = async {
        if !args.no_demo && !args.aws {
            first_run::show(&local, &args.data).await?;
        }
        client::say(format_args!("\nCtrl+C encerra; os dados ficam em {}.", args.data.display()))?;
        Ok(tokio::signal::ctrl_c().await?)
    };
    tokio::select! {
        served = serving => served,
        error = stack.ended() => Err(PremiumError::Ended(error)),
    }
}
