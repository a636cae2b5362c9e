//! `agentcy sources`: what is connected, and what it says.

mod add;
mod catalog;
mod sync;

use std::{fmt::Write, fs::File, io::Read, path::Path};

use agentcy_sdk::{Client, Source};
use anyhow::{Context, bail};
use futures_util::TryStreamExt;
use serde_json::json;

use crate::{
    cli::{Server, SourceNamed, SourceRemove, SourceUpload, SourcesCommand},
    exit::NotThere,
    output,
    profile::Profile,
    table,
};

/// The most that is uploaded, in bytes.
const MAX_CONTENT: u64 = 64 << 20;

/// Does what was asked for.
pub(crate) async fn run(command: SourcesCommand, json: bool) -> anyhow::Result<()> {
    match command {
        SourcesCommand::List(Server { url }) => list(&Profile::client(url).await?, json).await,
        SourcesCommand::Catalog(options) => catalog::run(options, json).await,
        SourcesCommand::Add(options) => add::run(options, json).await,
        SourcesCommand::Sync(options) => sync::run(options, json).await,
        SourcesCommand::Show(options) => {
            let (_, source) = at(options).await?;
            if json { output::print_json(&source) } else { show(&source) }
        }
        SourcesCommand::Cancel(options) => {
            let (client, source) = at(options).await?;
            let sync = client.cancel_sync(&source.id).await?;
            if json {
                return output::print_json(&sync);
            }
            said(&source, "is stopped", false)
        }
        SourcesCommand::Validate(options) => {
            let (client, source) = at(options).await?;
            client.validate_stored_source(&source.id).await?;
            said(&source, "can be reached: a sync would get through", json)
        }
        SourcesCommand::Upload(SourceUpload { source, file, server }) => {
            let (client, source) = at(SourceNamed { source, server }).await?;
            let bytes = client.upload_content(&source.id, content(&file)?).await?;
            if json {
                return output::print_json(&json!({ "bytes": bytes }));
            }
            said(&source, &format!("holds {bytes} bytes; `agentcy sources sync` reads them"), false)
        }
        SourcesCommand::Tools(options) => {
            let (client, source) = at(options).await?;
            let tools = client.source_tools(&source.id).await?;
            if json {
                return output::print_json(&tools);
            }
            catalog::tools(&tools)
        }
        SourcesCommand::Remove(SourceRemove { source, purge, server }) => {
            let (client, source) = at(SourceNamed { source, server }).await?;
            client.remove_source(&source.id, purge).await?;
            said(&source, "is gone", json)
        }
    }
}

/// The whole file, where a source may hold as much.
fn content(file: &Path) -> anyhow::Result<Vec<u8>> {
    let mut content = Vec::new();
    let opened = File::open(file);
    opened
        .and_then(|opened| opened.take(MAX_CONTENT + 1).read_to_end(&mut content))
        .with_context(|| format!("{} cannot be read", file.display()))?;
    if content.len() as u64 > MAX_CONTENT {
        bail!(
            "{} has more than {} MiB, the most that a source holds",
            file.display(),
            MAX_CONTENT >> 20
        );
    }
    Ok(content)
}

/// The source of this id or, whatever its case, this name.
pub(crate) async fn named(client: &Client, name: &str) -> anyhow::Result<Source> {
    if name.starts_with("src_") {
        return Ok(client.source(name).await?);
    }
    let mut sources = std::pin::pin!(client.sources().limit(200).items());
    while let Some(source) = sources.try_next().await? {
        if source.name.to_lowercase() == name.to_lowercase() {
            return Ok(source);
        }
    }
    let hint = "`agentcy sources list` says which there are";
    Err(NotThere(format!("there is no source {name}; {hint}")).into())
}

async fn at(options: SourceNamed) -> anyhow::Result<(Client, Source)> {
    let client = Profile::client(options.server.url).await?;
    let source = named(&client, &options.source).await?;
    Ok((client, source))
}

/// Says what became of a source, or gives the source.
fn said(source: &Source, what: &str, json: bool) -> anyhow::Result<()> {
    if json {
        return output::print_json(source);
    }
    output::say(&format!("{} {what}", source.name));
    Ok(())
}

async fn list(client: &Client, json: bool) -> anyhow::Result<()> {
    let sources: Vec<Source> = client.sources().limit(200).items().try_collect().await?;
    if json {
        return output::print_json(&sources);
    }
    if sources.is_empty() {
        output::say("nothing is connected yet; `agentcy sources add` does that");
        return Ok(());
    }
    let rows = sources.into_iter().map(|source| {
        let last = source.last_sync.as_ref().map(sync::outcome).unwrap_or_default();
        [source.name, source.id, source.source_type, source.realm, source.state, last]
    });
    table::print(["NAME", "ID", "KIND", "REALM", "STATE", "LAST SYNC"], rows)
}

fn show(source: &Source) -> anyhow::Result<()> {
    let mut text = format!("{}  {}\n", source.name, source.id);
    writeln!(text, "kind: {}", source.source_type)?;
    writeln!(text, "realm: {}", source.realm)?;
    writeln!(text, "state: {}", source.state)?;
    for (name, mask) in &source.credentials {
        writeln!(text, "{name}: {mask}")?;
    }
    if let Some(bytes) = source.content_bytes {
        writeln!(text, "uploaded: {bytes} bytes")?;
    }
    if let Some(sync) = &source.last_sync {
        writeln!(text, "last sync: {}", sync::outcome(sync))?;
        for error in &sync.errors {
            writeln!(text, "  {}: {}", error.place, error.message)?;
        }
    }
    write!(text, "\n{}", serde_json::to_string_pretty(&source.config)?)?;
    output::print(&text)
}
