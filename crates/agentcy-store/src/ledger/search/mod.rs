//! Finds nodes by words and by what is known of them, now or at a moment.
//!
//! Those known by exactly what was typed come first: an id, a shared key, what a source calls them, their whole name.
//! Then come the matches in blocks of the newest thousand, the best of a block first, so that a word that half of the
//! graph holds costs no more than a rare one. Words that nothing holds are taken for misspelt.
//!
//! At a moment of the past each asserter's words stand alone: one of them must hold all that was typed.

mod near;
mod sql;
mod terms;

use std::collections::HashSet;

use agentcy_core::{Limit, Page, Realm, Realms, id::NodeId, id::SourceId, page::TOTAL_CAP};
use serde::{Deserialize, Serialize};
use sqlx::types::Uuid;

use self::{sql::Ask, terms::Terms};
use super::{Moment, NodeState, read};
use crate::{Result, Tenant};

/// How many matches are ranked together.
const BLOCK: usize = 1_000;
/// How many characters of what was typed count.
const LONGEST: usize = 1_000;

/// What nodes are looked for; what is empty does not narrow it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NodeQuery {
    /// As typed: words of which all must be there, `"a phrase"`, `-not` and `or`; the last word may go on.
    pub q: String,
    /// Only nodes with one of these labels.
    pub labels: Vec<String>,
    /// Only nodes of one of these realms.
    pub realms: Vec<Realm>,
    /// Only nodes that this source speaks of.
    pub source: Option<SourceId>,
    /// Only nodes of which all of these hold.
    pub properties: Vec<PropertyIs>,
}

/// A property that is a text, or the number or truth value that is written so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PropertyIs {
    /// Its name.
    pub name: String,
    /// What it is.
    pub text: String,
}

/// Where a page of a search ended. Good for the same query, realms and moment.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SearchKey {
    /// At one of those known by exactly what was typed.
    Exact(Uuid),
    /// In a list without words, which is the newest first.
    Listed(Uuid),
    /// In a block of matches: its newest and its oldest node, and the score and id of the last one shown.
    Ranked {
        /// The newest node of the block: what came since does not move it.
        top: Uuid,
        /// The oldest.
        floor: Uuid,
        /// How well the last one matched.
        score: f32,
        /// The last one.
        id: Uuid,
    },
}

/// A page of the nodes that match.
#[tracing::instrument(name = "db.entities.search", skip_all)]
pub async fn search(
    t: &mut impl Tenant,
    realms: &Realms,
    query: &NodeQuery,
    moment: Moment,
    limit: Limit,
    after: Option<SearchKey>,
) -> Result<Page<NodeState, SearchKey>> {
    let seen = match query.realms.as_slice() {
        [] => realms.clone(),
        list => realms.intersect(&Realms::Only(list.to_vec())),
    };
    let typed: String = query.q.trim().chars().take(LONGEST).collect();
    let ask = Ask::new(t.org(), &seen, query, moment);
    let found = if typed.is_empty() {
        list(t, &ask, limit, after).await?
    } else {
        find(t, ask, &typed, limit, after).await?
    };
    let ids: Vec<NodeId> = found.items.iter().map(|(id, _)| NodeId::from(*id)).collect();
    let mut items = read::nodes(t, &seen, &ids, moment).await?;
    items.retain(|node| node.archived_at.is_none());
    Ok(Page { items, next: found.next, total: found.total })
}

/// Ids with the key of the page that would end at each.
type Found = Page<(Uuid, SearchKey), SearchKey>;

fn page(items: Vec<(Uuid, SearchKey)>, limit: Limit, total: i64) -> Found {
    Page::cut(items, limit, total, |(_, key)| *key)
}

async fn list(
    t: &mut impl Tenant,
    ask: &Ask,
    limit: Limit,
    after: Option<SearchKey>,
) -> Result<Found> {
    let total = ask.count(t).await?;
    let top = match after {
        Some(SearchKey::Listed(id)) => before(id),
        _ => Some(Uuid::max()),
    };
    let Some(top) = top else { return Ok(page(Vec::new(), limit, total)) };
    let ids = ask.newest(t, top, Uuid::nil(), limit.get() + 1, total).await?;
    let items = ids.into_iter().map(|id| (id, SearchKey::Listed(id))).collect();
    Ok(page(items, limit, total))
}

async fn find(
    t: &mut impl Tenant,
    mut ask: Ask,
    typed: &str,
    limit: Limit,
    after: Option<SearchKey>,
) -> Result<Found> {
    let terms = Terms::read(t, typed).await?;
    ask.words = terms.tsquery();
    let exact = ask.exact(t, typed, terms.whole()).await?;
    let mut total = match ask.words {
        Some(_) => ask.count(t).await?,
        None => 0,
    };
    if total == 0 && exact.is_empty() {
        ask.words = near::corrected(t, &ask, &terms).await?;
        if ask.words.is_some() {
            total = ask.count(t).await?;
        }
    }
    let all = (total + exact.iter().filter(|hit| !hit.matches).count() as i64).min(TOTAL_CAP + 1);
    let exact: Vec<Uuid> = exact.into_iter().map(|hit| hit.id).collect();
    let mut items = Vec::new();
    if matches!(after, None | Some(SearchKey::Exact(_))) {
        let left = exact.iter().filter(|id| match after {
            Some(SearchKey::Exact(last)) => **id < last,
            _ => true,
        });
        items.extend(left.map(|id| (*id, SearchKey::Exact(*id))));
    }
    if ask.words.is_some() && total > 0 {
        rank(t, &ask, &exact.into_iter().collect(), limit, after, total, &mut items).await?;
    }
    Ok(page(items, limit, all))
}

/// Adds matches block by block until there is one more than the page holds, or no more.
async fn rank(
    t: &mut impl Tenant,
    ask: &Ask,
    exact: &HashSet<Uuid>,
    limit: Limit,
    after: Option<SearchKey>,
    total: i64,
    items: &mut Vec<(Uuid, SearchKey)>,
) -> Result<()> {
    let (mut top, mut floor, mut last) = match after {
        Some(SearchKey::Ranked { top, floor, score, id }) => (top, floor, Some((score, id))),
        _ => (Uuid::max(), Uuid::nil(), None),
    };
    while items.len() <= limit.get() {
        let ids = ask.newest(t, top, floor, BLOCK, total).await?;
        let (Some(newest), Some(oldest)) = (ids.first(), ids.last()) else {
            // Of a block that was begun all may be gone by now, and not of those below it.
            match before(floor).filter(|_| floor != Uuid::nil()) {
                Some(next) => (top, floor, last) = (next, Uuid::nil(), None),
                None => break,
            }
            continue;
        };
        let (block_top, block_floor) = match last {
            Some(_) => (top, floor),
            None => (*newest, *oldest),
        };
        let mut scored = ask.scores(t, &ids).await?;
        scored.sort_by(|one, other| order(*one, *other));
        let left = scored.into_iter().filter(|(score, id)| {
            !exact.contains(id) && last.is_none_or(|last| order(last, (*score, *id)).is_lt())
        });
        items.extend(left.map(|(score, id)| {
            (id, SearchKey::Ranked { top: block_top, floor: block_floor, score, id })
        }));
        let whole = last.is_none() && ids.len() < BLOCK;
        match before(block_floor).filter(|_| !whole) {
            Some(next) => (top, floor, last) = (next, Uuid::nil(), None),
            None => break,
        }
    }
    Ok(())
}

/// The better first, of those as good the newer.
fn order(one: (f32, Uuid), other: (f32, Uuid)) -> std::cmp::Ordering {
    other.0.total_cmp(&one.0).then(other.1.cmp(&one.1))
}

fn before(id: Uuid) -> Option<Uuid> {
    id.as_u128().checked_sub(1).map(Uuid::from_u128)
}
