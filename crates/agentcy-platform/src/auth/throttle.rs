//! How often somebody may try to sign in: each attempt on an account counts, and each failed one from an address.

use std::{net::IpAddr, num::NonZeroU32, time::Duration};

use agentcy_bus::{Key, Policy, Scope};

use super::{email, password::too_many};
use crate::{Platform, Result, rates::network};

const WINDOW: Duration = Duration::from_mins(1);
const MESSAGE: &str = "too many sign-in attempts";

fn policy(platform: &Platform, name: &'static str) -> Policy {
    let limit = NonZeroU32::new(platform.setup.rates.sign_in).unwrap_or(NonZeroU32::MIN);
    Policy { name, limit, window: WINDOW }
}

/// Counts an attempt on an account. Errors: `rate_limited`.
pub(crate) async fn account(platform: &Platform, address: &str) -> Result<()> {
    let name = format!("sign-in:{}", hex::encode(email::digest(address)));
    let key = Key::new(Scope::Global, name);
    let verdict = platform.bus.limit(&key, &policy(platform, "sign_in_account")).await?;
    if verdict.allowed { Ok(()) } else { Err(too_many(MESSAGE, whole(verdict.retry_after))) }
}

/// Refuses an address with too many failures behind it. Errors: `rate_limited`.
pub(crate) async fn address(platform: &Platform, ip: Option<IpAddr>) -> Result<()> {
    match platform.bus.get(&barred(ip)).await? {
        Some(_) => Err(too_many(MESSAGE, WINDOW.as_secs())),
        None => Ok(()),
    }
}

/// Counts a failure of an address, and bars it for a while when they are too many.
pub(crate) async fn failed(platform: &Platform, ip: Option<IpAddr>) -> Result<()> {
    let key = Key::new(Scope::Global, format!("sign-in:failed:{}", from(ip)));
    let verdict = platform.bus.limit(&key, &policy(platform, "sign_in_address")).await?;
    if verdict.remaining == 0 {
        let wait = if verdict.allowed { verdict.reset_after } else { verdict.retry_after };
        let wait = wait.clamp(Duration::from_secs(1), WINDOW);
        platform.bus.put(&barred(ip), &"barred".into(), wait).await?;
    }
    Ok(())
}

fn barred(ip: Option<IpAddr>) -> Key {
    Key::new(Scope::Global, format!("sign-in:barred:{}", from(ip)))
}

fn from(ip: Option<IpAddr>) -> String {
    ip.map_or_else(|| "unknown".to_owned(), |ip| network(ip).to_string())
}

fn whole(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}
