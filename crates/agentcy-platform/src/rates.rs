//! How often somebody may ask.

use std::{net::IpAddr, num::NonZeroU32, time::Duration};

use agentcy_bus::{Key, Policy, Scope};
use agentcy_core::Caller;

use crate::{Platform, Result};

const MINUTE: Duration = Duration::from_mins(1);

/// What a rate says of one request.
#[derive(Debug, Clone)]
pub struct Rate {
    /// The name of the rule.
    pub name: &'static str,
    /// Whether the request may run.
    pub allowed: bool,
    /// How many may run in the window.
    pub limit: u32,
    /// How long the window is.
    pub window: Duration,
    /// How many are left now.
    pub remaining: u32,
    /// When all are there again.
    pub reset_after: Duration,
    /// When the next one is allowed.
    pub retry_after: Duration,
}

/// Counts a request of a known caller.
pub async fn principal(platform: &Platform, caller: &Caller) -> Result<Rate> {
    let key = Key::new(caller.org_id, format!("rate:{}", caller.principal));
    count(platform, key, "principal", platform.setup.rates.principal).await
}

/// Counts a request without a credential. Requests of unknown origin share one count.
pub async fn anonymous(platform: &Platform, ip: Option<IpAddr>) -> Result<Rate> {
    let key = Key::new(Scope::Global, format!("rate:anonymous:{}", from(ip)));
    count(platform, key, "anonymous", platform.setup.rates.anonymous).await
}

/// Counts a delivery of a webhook, before anybody looks whose it is.
pub async fn hooks(platform: &Platform, ip: Option<IpAddr>) -> Result<Rate> {
    let key = Key::new(Scope::Global, format!("rate:hooks:{}", from(ip)));
    count(platform, key, "hooks", platform.setup.rates.hooks).await
}

fn from(ip: Option<IpAddr>) -> String {
    ip.map_or_else(|| "unknown".to_owned(), |ip| network(ip).to_string())
}

/// Somebody with IPv6 has a whole /64 to come from.
pub(crate) fn network(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(v6) => {
            let prefix = v6.to_bits() & (u128::MAX << 64);
            IpAddr::V6(prefix.into())
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

async fn count(platform: &Platform, key: Key, name: &'static str, limit: u32) -> Result<Rate> {
    let limit = NonZeroU32::new(limit).unwrap_or(NonZeroU32::MIN);
    let verdict = platform.bus.limit(&key, &Policy { name, limit, window: MINUTE }).await?;
    Ok(Rate {
        name,
        allowed: verdict.allowed,
        limit: verdict.limit,
        window: MINUTE,
        remaining: verdict.remaining,
        reset_after: verdict.reset_after,
        retry_after: verdict.retry_after,
    })
}
