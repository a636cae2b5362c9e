//! `agentcy sources sync`: asked for, and watched until graph queries see what it wrote.

use std::time::Duration;

use agentcy_sdk::{Client, Error, Source, Sync, SyncState};
use anyhow::{Context, bail};
use tokio::time::{Instant, sleep};

use super::named;
use crate::{cli::SourceSync, exit::EndedEarly, output, profile::Profile};

const FIRST_LOOK: Duration = Duration::from_millis(100);
const LAST_LOOK: Duration = Duration::from_secs(2);
/// How long what is written may stay unseen before that is said and not waited for.
const UNSEEN: Duration = Duration::from_mins(1);

/// Syncs a source.
pub(super) async fn run(options: SourceSync, json: bool) -> anyhow::Result<()> {
    let client = Profile::client(options.server.url).await?;
    let source = named(&client, &options.source).await?;
    watch(&client, &source, options.background, json).await
}

/// Asks for a sync, or joins the one that goes on, and stays until its end.
pub(super) async fn watch(
    client: &Client,
    source: &Source,
    background: bool,
    json: bool,
) -> anyhow::Result<()> {
    let sync = begin(client, source).await?;
    if background {
        if json {
            return output::print_json(&sync);
        }
        output::say(&format!("{} goes on at the server", sync.id));
        return Ok(());
    }
    let sync = follow(client, source, sync).await?;
    if json {
        output::print_json(&sync)?;
    }
    for error in &sync.errors {
        output::say(&format!("{}: {}", error.place, error.message));
    }
    match sync.state {
        SyncState::Succeeded => {
            output::say(&format!("{}: {}", source.name, outcome(&sync)));
            Ok(())
        }
        SyncState::Cancelled => Err(EndedEarly("somebody stopped the sync".to_owned()).into()),
        _ => bail!("the sync failed"),
    }
}

async fn begin(client: &Client, source: &Source) -> anyhow::Result<Sync> {
    match client.sync_source(&source.id).await {
        Err(Error::Refused { code, .. }) if code == "sync_in_progress" => {
            let page = client.syncs(&source.id).limit(1).page(None).await?;
            page.items.into_iter().next().context("the sync that goes on is gone")
        }
        begun => Ok(begun?),
    }
}

async fn follow(client: &Client, source: &Source, mut sync: Sync) -> anyhow::Result<Sync> {
    // The sync goes on whether we see it or not.
    let client = client.clone().patient();
    let mut shown = Shown::default();
    let mut pause = FIRST_LOOK;
    let mut written: Option<Instant> = None;
    loop {
        shown.show(&sync);
        let is_written = sync.state == SyncState::Succeeded;
        if sync.state.is_over() && (sync.projected || !is_written) {
            break;
        }
        if is_written && written.get_or_insert_with(Instant::now).elapsed() > UNSEEN {
            shown.end();
            output::say(
                "graph queries do not see it yet; `agentcy graph stats` says how far they are",
            );
            return Ok(sync);
        }
        sleep(pause).await;
        pause = (pause * 3 / 2).min(LAST_LOOK);
        sync = client.sync(&source.id, &sync.id).await?;
    }
    shown.end();
    Ok(sync)
}

/// How a sync is or went, in a few words.
pub(super) fn outcome(sync: &Sync) -> String {
    let counts = sync.counts;
    let state = sync.state.name();
    let when = sync.finished_at.map(|at| at.format(" %Y-%m-%d %H:%M UTC").to_string());
    match sync.state {
        SyncState::Succeeded => format!(
            "{} added, {} changed, {} archived, {} unchanged{}",
            counts.added,
            counts.changed,
            counts.archived,
            counts.unchanged,
            when.map(|when| format!(",{when}")).unwrap_or_default()
        ),
        _ => format!("{state}{}", when.unwrap_or_default()),
    }
}

/// What was said of the progress: one line that changes at a terminal, else a line a tenth.
#[derive(Default)]
struct Shown {
    last: Option<(String, u64)>,
    drawn: usize,
}

impl Shown {
    fn show(&mut self, sync: &Sync) {
        let progress = sync.progress;
        let state = match sync.state {
            SyncState::Succeeded => "written; graph queries follow".to_owned(),
            ref state => state.name().to_owned(),
        };
        let (step, how_far) = match progress.total {
            Some(total) if total > 0 => {
                (progress.done * 10 / total, format!(": {} of {total}", progress.done))
            }
            _ if progress.done > 0 => (progress.done / 1_000, format!(": {}", progress.done)),
            _ => (0, String::new()),
        };
        let how_far = if sync.state == SyncState::Running { how_far } else { String::new() };
        let line = output::harmless(&format!("{state}{how_far}"));
        if output::is_terminal() {
            let width = self.drawn.max(line.len());
            output::say_part(&format!("\r{line:width$}"));
            self.drawn = line.len();
        } else if self.last.as_ref() != Some(&(state.clone(), step)) {
            output::say(&line);
            self.last = Some((state, step));
        }
    }

    /// Leaves the line free.
    fn end(&self) {
        if self.drawn > 0 {
            output::say_part(&format!("\r{:width$}\r", "", width = self.drawn));
        }
    }
}
