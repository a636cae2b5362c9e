//! `agentcy sources add`: settings from words, credentials from anywhere but the command line.

use std::{collections::BTreeMap, io::IsTerminal};

use agentcy_sdk::{Client, NewSource, SourceKind};
use anyhow::{Context, bail};
use secrecy::SecretString;
use serde_json::{Map, Value, json};

use super::{catalog, sync};
use crate::{cli::SourceAdd, input, output, profile::Profile};

/// Connects, or only tries.
pub(super) async fn run(options: SourceAdd, json: bool) -> anyhow::Result<()> {
    let SourceAdd { name, kind, realm, settings, config, credentials, .. } = options;
    let client = Profile::client(options.server.url).await?;
    let config = match config {
        Some(config) => input::json(config, "--config")?,
        None => Value::Object(from_words(&client, &kind, settings).await?),
    };
    let credentials = secrets(&credentials)?;
    let new = NewSource { name, source_type: kind, realm, config, credentials };
    if options.dry_run {
        client.validate_source(&new).await?;
        if json {
            return output::print_json(&json!({ "ok": true }));
        }
        output::say("a sync would get through");
        return Ok(());
    }
    let source = client.create_source(&new).await?;
    if options.sync {
        output::say(&format!("{} is {}", source.name, source.id));
        return sync::watch(&client, &source, false, json).await;
    }
    if json {
        return output::print_json(&source);
    }
    output::say(&format!("{} is {}; `agentcy sources sync` reads it", source.name, source.id));
    Ok(())
}

/// Settings as the kind wants them: text where it may be text, else JSON.
async fn from_words(
    client: &Client,
    kind: &str,
    settings: Vec<(String, String)>,
) -> anyhow::Result<Map<String, Value>> {
    if settings.is_empty() {
        return Ok(Map::new());
    }
    let kind = catalog::kind(client, kind).await?;
    Ok(settings.into_iter().map(|(name, text)| (name.clone(), typed(&kind, &name, text))).collect())
}

fn typed(kind: &SourceKind, name: &str, text: String) -> Value {
    let may_be_text = catalog::types(&kind.config_schema, name).contains(&"string");
    if may_be_text { Value::String(text) } else { input::value(&text) }
}

/// The credentials that are named. Those without a file are asked for, or are the lines of standard input in their
/// order; a single one is all of it.
fn secrets(named: &[String]) -> anyhow::Result<BTreeMap<String, SecretString>> {
    let mut secrets = BTreeMap::new();
    let mut asked = Vec::new();
    for given in named {
        match given.split_once('=') {
            None => asked.push(given.as_str()),
            Some((name, file)) if file.starts_with('@') && file != "@-" => {
                let text = input::text(file.to_owned())?;
                secrets.insert(name.to_owned(), text.trim_end_matches(['\r', '\n']).into());
            }
            Some((name, _)) => bail!(
                "others can see the command line: give --credential {name}, and the secret on standard input"
            ),
        }
    }
    if asked.len() > 1 && !std::io::stdin().is_terminal() {
        let all = input::stdin()?;
        let mut lines = all.lines();
        for name in asked {
            let line =
                lines.next().with_context(|| format!("standard input has no line for {name}"))?;
            secrets.insert(name.to_owned(), line.into());
        }
        return Ok(secrets);
    }
    for name in asked {
        secrets.insert(name.to_owned(), input::secret(name)?);
    }
    Ok(secrets)
}
