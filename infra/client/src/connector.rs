//! `premium connector`: writes the files of the Data Studio connector to a folder, as `clasp push` takes them.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use reqwest::Url;

use crate::error::CliError;

/// A file of the connector and its content.
macro_rules! file {
    ($name:literal) => {
        ($name, include_str!(concat!("../../../connector/", $name)))
    };
}

/// Everything that is pushed, and the sample of clasp's settings. The manifest is written by itself.
const FILES: [(&str, &str); 11] = [
    file!(".clasp.json.example"),
    file!("src/api.js"),
    file!("src/auth.js"),
    file!("src/checks.js"),
    file!("src/config.js"),
    file!("src/errors.js"),
    file!("src/google.js"),
    file!("src/main.js"),
    file!("src/reply.js"),
    file!("src/rows.js"),
    file!("src/texts.js"),
];

const MANIFEST: (&str, &str) = file!("src/appsscript.json");

/// What the manifest says as long as nobody says better.
const EXAMPLE_SITE: &str = "https://premium-report.example.com";

/// Before this member of the manifest, a fixed stack's address is let through.
const BEFORE: &str = "  \"dataStudio\": {";

/// Which variant of the connector, and where to.
#[derive(Debug, Args)]
pub struct ConnectorArgs {
    /// Pasta a escrever; os arquivos do conector que já estiverem nela são atualizados.
    ///
    /// Folder to write; files of the connector that it already has are brought up to date.
    #[arg(long, value_name = "PASTA")]
    output: PathBuf,
    /// Endereço https do servidor, se for um só: o manifesto só deixa o conector falar com ele. Sem ele, cada usuário
    /// informa o endereço ao entrar.
    ///
    /// The stack's https address, if it is only one: the manifest lets the connector talk to no other. Without it,
    /// each user names the address when signing in.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Site com as páginas que o manifesto cita: logo.png, data-studio, support, privacy e terms [padrão: a URL].
    ///
    /// Site with the pages that the manifest names: logo.png, data-studio, support, privacy and terms.
    #[arg(long, value_name = "URL")]
    site: Option<String>,
}

/// Writes the files and says what to do with them.
pub fn run(args: &ConnectorArgs) -> Result<(), CliError> {
    crate::say(format_args!("{}", write_all(args)?.join("\n")))
}

/// Writes the files; what is left to do, a line each.
fn write_all(args: &ConnectorArgs) -> Result<Vec<String>, CliError> {
    let url = args.url.as_deref().map(base).transpose()?;
    let site = args.site.as_deref().map(base).transpose()?.or_else(|| url.clone());
    write(&args.output, MANIFEST.0, &manifest(url.as_deref(), site.as_deref()))?;
    for (name, content) in FILES {
        write(&args.output, name, content)?;
    }
    let written = format!("{} arquivos em {}", FILES.len() + 1, args.output.display());
    let pages = match site {
        Some(site) => {
            format!(
                "Publique em {site}: /, /logo.png, /data-studio, /support, /privacy e /terms, que o manifesto cita."
            )
        }
        None => format!("Troque {EXAMPLE_SITE} em src/appsscript.json, ou use --site."),
    };
    let property =
        url.map(|url| format!("No projeto do Apps Script, defina a propriedade PREMIUM_URL = {url}"));
    let push = "Depois: clasp push --force".to_owned();
    Ok([Some(written), Some(pages), property, Some(push)].into_iter().flatten().collect())
}

/// The manifest of one stack's connector, or of everybody's.
fn manifest(url: Option<&str>, site: Option<&str>) -> String {
    let text = MANIFEST.1.replace(EXAMPLE_SITE, site.unwrap_or(EXAMPLE_SITE));
    let Some(url) = url else { return text };
    text.replacen(BEFORE, &format!("  \"urlFetchWhitelist\": [\"{url}/\"],\n{BEFORE}"), 1)
}

/// An https address without a slash at its end, a path allowed; nothing that Google would not reach or could leak.
fn base(text: &str) -> Result<String, CliError> {
    let none = || CliError::Url(text.to_owned());
    let url = Url::parse(text.trim()).map_err(|_| none())?;
    let plain =
        url.username().is_empty() && url.password().is_none() && url.query().or(url.fragment()).is_none();
    if url.scheme() != "https" || !plain {
        return Err(none());
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

fn write(folder: &Path, name: &str, content: &str) -> Result<(), CliError> {
    let path = folder.join(name);
    let parent = path.parent().map_or(Ok(()), fs::create_dir_all);
    parent.and_then(|()| fs::write(&path, content)).map_err(|error| CliError::File { path, error })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Value, json};

    use super::*;

    fn args(output: &Path, url: Option<&str>, site: Option<&str>) -> ConnectorArgs {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        ConnectorArgs { output: output.to_owned(), url: owned(url), site: owned(site) }
    }

    fn names(folder: &Path) -> BTreeSet<String> {
        let names =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect()
    }

    fn written(url: Option<&str>, site: Option<&str>) -> (tempfile::TempDir, Value) {
        let folder = tempfile::tempdir().unwrap();
        write_all(&args(folder.path(), url, site)).unwrap();
        let manifest = fs::read_to_string(folder.path().join(MANIFEST.0)).unwrap();
        (folder, serde_json::from_str(&manifest).unwrap())
    }

    #[test]
    fn every_file_of_the_connector_is_written_as_it_is() {
        let ours = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().join("connector");
        let (folder, manifest) = written(None, None);
        assert_eq!(names(&folder.path().join("src")), names(&ours.join("src")));
        for name in names(&ours.join("src")) {
            let read = |root: &Path| fs::read_to_string(root.join("src").join(&name)).unwrap();
            assert_eq!(read(folder.path()), read(&ours), "{name}");
        }
        assert!(folder.path().join(".clasp.json.example").is_file());
        assert_eq!(manifest.get("urlFetchWhitelist"), None);
    }

    #[test]
    fn one_stack_s_manifest_lets_through_that_stack_and_names_its_site() {
        let (_folder, manifest) =
            written(Some("https://dados.loja.com.br/premium/"), Some("https://loja.com.br"));
        assert_eq!(manifest["urlFetchWhitelist"], json!(["https://dados.loja.com.br/premium/"]));
        assert_eq!(manifest["dataStudio"]["supportUrl"], "https://loja.com.br/support");
        let (_folder, manifest) = written(Some("https://dados.loja.com.br"), None);
        assert_eq!(manifest["urlFetchWhitelist"], json!(["https://dados.loja.com.br/"]));
        assert_eq!(manifest["dataStudio"]["companyUrl"], "https://dados.loja.com.br/");
        assert!(!manifest.to_string().contains("example.com"));
    }

    #[test]
    fn the_person_is_told_what_is_left_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let said = |url, site| write_all(&args(folder.path(), url, site)).unwrap().join("\n");
        let fixed = said(Some("https://dados.loja.com.br/"), Some("https://loja.com.br"));
        assert!(fixed.contains("PREMIUM_URL = https://dados.loja.com.br\n"), "{fixed}");
        assert!(fixed.contains("Publique em https://loja.com.br:"), "{fixed}");
        let open = said(None, None);
        assert!(open.contains("--site") && !open.contains("PREMIUM_URL"), "{open}");
    }

    #[test]
    fn writing_again_brings_files_up_to_date_and_leaves_others_alone() {
        let (folder, _) = written(None, None);
        let at = |name: &str| folder.path().join(name);
        fs::write(at("src/main.js"), "old").unwrap();
        fs::write(at(".clasp.json"), "{}").unwrap();
        write_all(&args(folder.path(), None, None)).unwrap();
        assert!(fs::read_to_string(at("src/main.js")).unwrap().contains("function getData("));
        assert_eq!(fs::read_to_string(at(".clasp.json")).unwrap(), "{}");
    }

    #[test]
    fn what_is_no_base_of_a_stack_on_the_internet_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for url in [
            "loja",
            "http://loja.com",
            "https://a:b@loja.com",
            "https://loja.com/?a=b",
            "https://loja.com/#a",
            "",
        ] {
            let error = write_all(&args(folder.path(), Some(url), None)).unwrap_err();
            assert!(error.to_string().contains("não é um endereço"), "{url}: {error}");
            write_all(&args(folder.path(), None, Some(url))).unwrap_err();
        }
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = write_all(&args(file.path(), None, None)).unwrap_err();
        assert!(error.to_string().contains(file.path().to_str().unwrap()), "{error}");
    }
}
