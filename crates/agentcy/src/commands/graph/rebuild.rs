//! `agentcy graph rebuild`: the graph made anew from the ledger, by the running server or, without one, here.

use std::{collections::BTreeMap, time::Duration};

use agentcy_config::Config;
use agentcy_core::{System, id::OrgId};
use agentcy_platform::{
    health,
    lifecycle::{GRACE, Lifecycle},
    projection::{Projector, Turn},
};
use agentcy_store::{
    Db,
    embedded::login_beside,
    system::projections::{self, Kept},
};
use anyhow::{Context, bail};
use serde::Serialize;
use tokio::time::{Instant, sleep};

use super::super::doctor::is_held;
use crate::{
    cli::Rebuild,
    compose::{self, Assembly},
    exit::NotThere,
    output,
};

const LOOK: Duration = Duration::from_millis(200);
/// How long nobody may lead before we do it here: a server that starts or takes over needs a moment.
const UNLED: Duration = Duration::from_secs(3);
/// How many connections it takes to ask and to watch.
const CONNECTIONS: usize = 2;

/// What was done.
#[derive(Serialize)]
struct Done {
    /// Whether a running server did it.
    by_server: bool,
    orgs: Vec<Outcome>,
}

#[derive(Serialize)]
struct Outcome {
    org_id: OrgId,
    /// The last change of the ledger that is in the graph.
    seq: i64,
    /// Why it could not be done.
    fault: Option<String>,
}

/// Asks for it, and stays until it is done.
pub(crate) async fn rebuild(options: &Rebuild, config: &Config, json: bool) -> anyhow::Result<()> {
    let lifecycle = Lifecycle::default();
    let mut place = Place::find(config, &lifecycle).await?;
    let done = run(&mut place, options, config, &lifecycle).await;
    lifecycle.wait(GRACE).await;
    place.leave().await;
    let done = done?;
    if json {
        output::print_json(&done)?;
    }
    let failed = done.orgs.iter().filter(|it| it.fault.is_some()).count();
    match (failed, done.orgs.len()) {
        (0, 0) => output::say("there is no graph yet"),
        (0, 1) => output::say("the graph is rebuilt"),
        (0, all) => output::say(&format!("the graphs of {all} orgs are rebuilt")),
        (failed, all) => bail!("{failed} of {all} graphs could not be rebuilt"),
    }
    Ok(())
}

/// Where it is done.
enum Place {
    /// A server may run that does it.
    Beside(Db),
    /// There is none.
    Here(Box<Here>),
}

struct Here {
    assembly: Assembly,
    projector: Projector,
}

impl Place {
    async fn find(config: &Config, lifecycle: &Lifecycle) -> anyhow::Result<Self> {
        let login = match &config.database.url {
            Some(url) => compose::login(url)?,
            None if is_held(config) => login_beside(&config.data_dir)
                .context("the server that runs on the data folder is not ready yet; try again")?,
            None => return Self::here(config, lifecycle).await,
        };
        Ok(Self::Beside(Db::new(login, CONNECTIONS)))
    }

    async fn here(config: &Config, lifecycle: &Lifecycle) -> anyhow::Result<Self> {
        let assembly = Box::pin(compose::assemble(config, lifecycle)).await?;
        if health::check(&assembly.platform).await.graph == health::State::Down {
            assembly.close().await;
            bail!("the graph engine does not answer; `agentcy doctor` says more");
        }
        let projector = Projector::new(&assembly.platform);
        Ok(Self::Here(Box::new(Here { assembly, projector })))
    }

    fn db(&self) -> &Db {
        match self {
            Self::Beside(db) => db,
            Self::Here(here) => here.assembly.db(),
        }
    }

    /// Does a part of it, or waits while another does.
    async fn turn(&mut self) -> anyhow::Result<()> {
        if let Self::Here(here) = self
            && here.projector.turn(&here.assembly.platform).await? == Turn::More
        {
            return Ok(());
        }
        sleep(LOOK).await;
        Ok(())
    }

    async fn leave(self) {
        match self {
            Self::Beside(db) => db.close(),
            Self::Here(here) => {
                let Here { assembly, projector } = *here;
                if let Err(error) = projector.finish(&assembly.platform).await {
                    tracing::debug!(error = %error, "the projector's lease runs out by itself");
                }
                assembly.close().await;
            }
        }
    }
}

async fn run(
    place: &mut Place,
    options: &Rebuild,
    config: &Config,
    lifecycle: &Lifecycle,
) -> anyhow::Result<Done> {
    let system = compose::system();
    let mut tx = place.db().system(&system).await?;
    let orgs = projections::ask_rebuild(&mut tx, options.org).await?;
    tx.commit().await?;
    if let (Some(org), true) = (options.org, orgs.is_empty()) {
        return Err(NotThere(format!("there is no org {org}")).into());
    }
    let mut shown = BTreeMap::new();
    let mut unled = Instant::now();
    loop {
        let (kept, is_led) = look(place.db(), &system, &orgs).await?;
        for it in &kept {
            show(&mut shown, it);
        }
        let is_over = |it: &Kept| it.rebuild_asked_at.is_none() || it.fault.is_some();
        if kept.iter().all(is_over) {
            let by_server = matches!(place, Place::Beside(_));
            let outcome = |it: Kept| Outcome { org_id: it.org_id, seq: it.seq, fault: it.fault };
            return Ok(Done { by_server, orgs: kept.into_iter().map(outcome).collect() });
        }
        if is_led {
            unled = Instant::now();
        }
        // An embedded database that runs is its server's, which leads as soon as it can.
        let is_ours = config.database.url.is_some() && matches!(place, Place::Beside(_));
        if is_ours && unled.elapsed() >= UNLED {
            let here = Place::here(config, lifecycle).await?;
            std::mem::replace(place, here).leave().await;
        }
        place.turn().await?;
    }
}

async fn look(db: &Db, system: &System, orgs: &[OrgId]) -> anyhow::Result<(Vec<Kept>, bool)> {
    let mut tx = db.system(system).await?;
    let kept = projections::of(&mut tx, orgs).await?;
    let is_led = projections::is_led(&mut tx).await?;
    tx.commit().await?;
    Ok((kept, is_led))
}

/// Says how far an org is, when that is worth a line.
fn show(shown: &mut BTreeMap<OrgId, i64>, kept: &Kept) {
    let org = kept.org_id;
    let says = match (&kept.fault, kept.rebuild) {
        (Some(fault), _) => (-2, format!("{org}: {fault}")),
        (None, _) if kept.rebuild_asked_at.is_none() => (101, format!("{org}: done")),
        (None, Some(progress)) => {
            let tenth = progress.done * 10 / progress.total.max(1);
            (tenth, format!("{org}: {} of {}", progress.done, progress.total))
        }
        (None, None) => (-1, format!("{org}: waits for its turn")),
    };
    let (step, line) = says;
    if shown.insert(org, step) != Some(step) {
        output::say(&line);
    }
}
