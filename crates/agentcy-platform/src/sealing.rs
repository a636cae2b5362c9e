//! The keys of stored secrets over time: whether those in force open everything, and sealing anew what the one before
//! sealed.

mod pass;

use std::collections::BTreeMap;

use agentcy_core::id::OrgId;
use agentcy_store::system::sealing_keys::{self, Fingerprint};

use self::pass::Pass;
use crate::{Platform, Result};

/// How the keys in force stand to what is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keys {
    /// The present key opens everything.
    Present,
    /// Some of it may be sealed with another.
    Both,
    /// Some of it opens with no key in force.
    Lacking(Found),
}

/// What is stored, by how it opens. Answers kept for a day are sealed anew like the rest, and not counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// How many secrets the present key opens.
    pub present: u64,
    /// How many only the key before opens, or opened until they were sealed anew.
    pub previous: u64,
    /// How many nothing opens, by what they are.
    pub lost: BTreeMap<&'static str, u64>,
}

/// How a sealing anew ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resealed {
    /// Everything is sealed with the present key; the one before may go.
    Done(Found),
    /// The same, but for what nothing opens.
    Incomplete(Found),
    /// Nothing was done: no server has been started with the present key.
    Unknown,
}

/// Judges the keys in force at a start, and notes that something may be sealed with the present one.
pub async fn check(platform: &Platform) -> Result<Keys> {
    let in_force = platform.sealer.fingerprints();
    let known = known(platform).await?;
    let mut used = present(&in_force);
    if known.is_empty() || !known.iter().all(|key| in_force.contains(key)) {
        // A database from before keys were noted, or one that somebody had another key for.
        let found = look(platform, false).await?;
        if !found.lost.is_empty() {
            return Ok(Keys::Lacking(found));
        }
        if found.previous > 0 {
            used = &in_force;
        }
    }
    let mut tx = platform.db.system(&platform.system).await?;
    sealing_keys::note(&mut tx, used, platform.clock.now()).await?;
    let known = sealing_keys::list(&mut tx).await?;
    tx.commit().await?;
    let is_present = |key| present(&in_force).contains(key);
    Ok(if known.iter().all(is_present) { Keys::Present } else { Keys::Both })
}

/// Seals anew with the present key what the one before sealed, org by org and page by page. `accepting_loss`: what
/// nothing opens is given up, so that servers start without its key.
pub async fn reseal(platform: &Platform, accepting_loss: bool) -> Result<Resealed> {
    let in_force = platform.sealer.fingerprints();
    let present = present(&in_force);
    // Servers that have another key could not open what this one seals.
    if !accepting_loss && !known(platform).await?.iter().any(|key| present.contains(key)) {
        return Ok(Resealed::Unknown);
    }
    let mut sealed_anew = 0;
    let mut found = loop {
        let found = look(platform, true).await?;
        // Once more: a server that had the old key still may have written meanwhile.
        if found.previous == 0 {
            break found;
        }
        sealed_anew += found.previous;
    };
    found.present = found.present.saturating_sub(sealed_anew);
    found.previous = sealed_anew;
    if !found.lost.is_empty() && !accepting_loss {
        return Ok(Resealed::Incomplete(found));
    }
    let mut tx = platform.db.system(&platform.system).await?;
    sealing_keys::forget_others(&mut tx, present).await?;
    sealing_keys::note(&mut tx, present, platform.clock.now()).await?;
    tx.commit().await?;
    Ok(Resealed::Done(found))
}

fn present(in_force: &[Fingerprint]) -> &[Fingerprint] {
    &in_force[..in_force.len().min(1)]
}

async fn known(platform: &Platform) -> Result<Vec<Fingerprint>> {
    let mut tx = platform.db.system(&platform.system).await?;
    let known = sealing_keys::list(&mut tx).await?;
    tx.commit().await?;
    Ok(known)
}

/// Looks at everything that is sealed; `anew`: and seals it anew where that is due.
async fn look(platform: &Platform, anew: bool) -> Result<Found> {
    let mut pass = Pass::new(platform, anew);
    let mut after: Option<OrgId> = None;
    loop {
        let mut tx = platform.db.system(&platform.system).await?;
        let orgs = sealing_keys::orgs(&mut tx, after).await?;
        tx.commit().await?;
        let Some(last) = orgs.last() else { return Ok(pass.found) };
        after = Some(*last);
        for org in &orgs {
            pass.org(*org).await?;
        }
    }
}
