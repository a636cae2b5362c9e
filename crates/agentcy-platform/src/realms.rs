//! The realms of an org.

use agentcy_core::{Action, By, Caller, ErrorCode, FieldError, Page, Realms};
use agentcy_store::{Tx, realms as store};
use uuid::Uuid;

use crate::{Error, Listing, PageRequest, Platform, Result};

pub use agentcy_store::realms::RealmInfo;

/// The realms that the caller sees: the built-in ones first, then by slug.
pub async fn list(
    platform: &Platform,
    caller: &Caller,
    page: PageRequest,
) -> Result<Listing<RealmInfo>> {
    let by = platform.permit(caller, Action::RealmRead).await?;
    let scope = format!("{}/realms", by.org_id());
    // Few enough to read whole, so the cursor is a position.
    let start = platform
        .cursors
        .read::<crate::page::TimeKey>(&scope, &page)?
        .map_or(0, |(_, at)| at.as_u128());
    let start = usize::try_from(start).unwrap_or(usize::MAX);
    let seen = seen(platform, &by).await?;
    let total = i64::try_from(seen.len()).unwrap_or(i64::MAX);
    let end = start.saturating_add(page.limit.get());
    let next = (end < seen.len()).then(|| (chrono::DateTime::UNIX_EPOCH, position(end)));
    let items = seen.into_iter().skip(start).take(page.limit.get()).collect();
    Ok(platform.cursors.listing(&scope, Page { items, next, total }))
}

/// The realms that the caller may put things into, all at once.
pub async fn available(platform: &Platform, caller: &Caller) -> Result<Vec<RealmInfo>> {
    let by = platform.permit(caller, Action::RealmRead).await?;
    seen(platform, &by).await
}

async fn seen(platform: &Platform, by: &By) -> Result<Vec<RealmInfo>> {
    let mut realms = store::list(&mut platform.db.read(by).await?).await?;
    realms.retain(|info| by.realms().contains(&info.realm));
    Ok(realms)
}

fn position(index: usize) -> Uuid {
    Uuid::from_u128(index as u128)
}

/// The most realms that one list may name.
const MOST_NAMED: usize = 100;

/// Refuses realms that the org does not have, naming each. Errors: `invalid` (too many), `unknown_realm`.
pub(crate) async fn require_known(tx: &mut Tx, path: &str, realms: &Realms) -> Result<()> {
    let Realms::Only(list) = realms else { return Ok(()) };
    if list.len() > MOST_NAMED {
        return Err(Error::invalid_field(path, "at most 100 realms"));
    }
    let unknown = store::unknown(tx, list).await?;
    let [first, ..] = unknown.as_slice() else { return Ok(()) };
    Err(Error::Refused {
        code: ErrorCode::UnknownRealm,
        message: format!("the org has no realm {first}").into(),
        fields: unknown
            .iter()
            .map(|slug| FieldError::new(path, format!("the org has no realm {slug}")))
            .collect(),
        details: None,
    })
}
