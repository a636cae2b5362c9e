//! Finds nodes by words and by what is known of them, now or at a moment.
//!
//! Those known by exactly what was typed come first: an id, a shared key, what a source calls them, their whole name.
//! Then come the matches in blocks of the newest, the best of a block first, so that a word that half of the graph holds
//! costs no more than a rare one. Words that nothing holds are taken for misspelt.
//!
//! At a moment of the past each asserter's words stand alone: one of them must hold all that was typed.

mod hits;
mod near;
mod sql;
mod terms;

use std::collections::HashSet;

use agentcy_core::{Limit, Page, Realm, Realms, id::NodeId, id::SourceId, page::TOTAL_CAP};
use serde::{Deserialize, Serialize};
use sqlx::types::Uuid;

use self::{hits::Scored, sql::Ask, terms::Terms};
use super::{Moment, NodeState, read};
use crate::{Result, Tenant};

/// How many matches are ranked together.
const BLOCK: usize = 1_000;
/// The same of more matches than are counted: the best of a crowd are no better than the best of its newest.
const CROWD: usize = 250;
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
    let top = match after {
        Some(SearchKey::Listed(id)) => before(id).unwrap_or_default(),
        _ => Uuid::max(),
    };
    let (total, found) = ask.first(t, (top, Uuid::nil()), [limit.get() + 1; 2]).await?;
    let items = found.into_iter().map(|(_, id)| (id, SearchKey::Listed(id))).collect();
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
    let begin = match after {
        Some(SearchKey::Ranked { top, floor, score, id }) => {
            Block { bounds: (top, floor), last: Some((score, id)) }
        }
        _ => Block::below(Uuid::max()),
    };
    // Of a block that was begun all is read, whatever it is by now that matches.
    let sizes = [BLOCK, if begin.last.is_some() { BLOCK } else { CROWD }];
    let mut first = match ask.words {
        Some(_) => ask.first(t, begin.bounds, sizes).await?,
        None => (0, Vec::new()),
    };
    if first.0 == 0 && exact.is_empty() {
        for sure in [false, true] {
            ask.words = near::corrected(t, &ask, &terms, sure).await?;
            if ask.words.is_none() {
                break;
            }
            first = ask.first(t, begin.bounds, sizes).await?;
            if first.0 > 0 {
                break;
            }
        }
    }
    let (total, found) = first;
    let others = exact.iter().filter(|hit| !hit.matches).count();
    let all = (total + i64::try_from(others).unwrap_or_default()).min(TOTAL_CAP + 1);
    let mut items = Vec::new();
    if matches!(after, None | Some(SearchKey::Exact(_))) {
        let left = exact.iter().map(|hit| hit.id).filter(|id| match after {
            Some(SearchKey::Exact(last)) => *id < last,
            _ => true,
        });
        items.extend(left.map(|id| (id, SearchKey::Exact(id))));
    }
    if total > 0 {
        let exact: HashSet<Uuid> = exact.into_iter().map(|hit| hit.id).collect();
        rank(t, &ask, &exact, limit, (begin, found, total), &mut items).await?;
    }
    Ok(page(items, limit, all))
}

/// Matches that are ranked together.
#[derive(Clone, Copy)]
struct Block {
    /// The newest and the oldest there may be in it.
    bounds: (Uuid, Uuid),
    /// Where the page before ended, when it ended in this block; then the bounds are those it had.
    last: Option<Scored>,
}

impl Block {
    fn below(top: Uuid) -> Self {
        Self { bounds: (top, Uuid::nil()), last: None }
    }
}

/// Adds matches block by block until there is one more than the page holds, or no more.
async fn rank(
    t: &mut impl Tenant,
    ask: &Ask,
    exact: &HashSet<Uuid>,
    limit: Limit,
    (mut block, mut found, total): (Block, Vec<Scored>, i64),
    items: &mut Vec<(Uuid, SearchKey)>,
) -> Result<()> {
    let size = if total > TOTAL_CAP { CROWD } else { BLOCK };
    loop {
        let ends = found.first().zip(found.last()).map(|(top, floor)| (top.1, floor.1));
        let (top, floor) = match (block.last, ends) {
            (None, Some(ends)) => ends,
            // Of a block that was begun all may be gone by now, and not of those below it.
            (Some(_), _) => block.bounds,
            (None, None) => return Ok(()),
        };
        let is_end = block.last.is_none() && found.len() < size;
        found.sort_by(|one, other| order(*one, *other));
        let left = found.into_iter().filter(|(score, id)| {
            !exact.contains(id) && block.last.is_none_or(|last| order(last, (*score, *id)).is_lt())
        });
        items.extend(left.map(|(score, id)| (id, SearchKey::Ranked { top, floor, score, id })));
        let Some(next) = before(floor).filter(|_| !is_end && items.len() <= limit.get()) else {
            return Ok(());
        };
        block = Block::below(next);
        found = ask.newest(t, block.bounds, size, total).await?;
    }
}

/// The better first, of those as good the newer.
fn order(one: Scored, other: Scored) -> std::cmp::Ordering {
    other.0.total_cmp(&one.0).then(other.1.cmp(&one.1))
}

fn before(id: Uuid) -> Option<Uuid> {
    id.as_u128().checked_sub(1).map(Uuid::from_u128)
}
