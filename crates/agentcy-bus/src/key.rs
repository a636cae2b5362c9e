//! Keys and channels: whose they are, and their name.

use std::{fmt, time::Duration};

use agentcy_core::id::OrgId;

use crate::{Error, Result, limit::Policy};

/// The longest name of a key or channel, in bytes.
pub const MAX_NAME: usize = 512;

const YEAR: Duration = Duration::from_hours(366 * 24);

/// Whose a key or channel is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// One org's.
    Org(OrgId),
    /// The installation's, for what is known before the org is: logins, addresses, health.
    Global,
}

impl From<OrgId> for Scope {
    fn from(org: OrgId) -> Self {
        Self::Org(org)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Org(org) => org.fmt(f),
            Self::Global => f.write_str("global"),
        }
    }
}

/// A key or a channel: a scope and a name.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Key {
    scope: Scope,
    name: String,
}

// A name may hold a ticket, so it is not shown.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({}:…)", self.scope)
    }
}

impl Key {
    /// The key of this name in this scope.
    pub fn new(scope: impl Into<Scope>, name: impl Into<String>) -> Self {
        Self { scope: scope.into(), name: name.into() }
    }

    pub(crate) fn value(&self) -> Result<String> {
        self.render("value")
    }

    pub(crate) fn lock(&self) -> Result<String> {
        self.render("lock")
    }

    pub(crate) fn channel(&self) -> Result<String> {
        self.render("channel")
    }

    pub(crate) fn limit(&self, policy: &Policy) -> Result<String> {
        // With its length before it, no policy's name can run into the key's.
        self.render(&format!("limit:{}:{}", policy.name.len(), policy.name))
    }

    // The name comes last, so that whatever stands in it cannot look like another scope or kind.
    fn render(&self, kind: &str) -> Result<String> {
        if self.name.len() > MAX_NAME {
            return Err(Error::TooLarge { what: "name", max: MAX_NAME });
        }
        Ok(format!("{kind}:{}:{}", self.scope, self.name))
    }
}

/// Whole milliseconds, rounded up, since that is what Redis counts in.
pub(crate) fn millis(time: Duration) -> Result<u64> {
    if time.is_zero() || time > YEAR {
        return Err(Error::BadTime);
    }
    u64::try_from(time.as_nanos().div_ceil(1_000_000)).map_err(|_| Error::BadTime)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_reach_into_another_scope_or_kind() {
        let org = Key::new(OrgId::from(uuid::Uuid::from_u128(1)), "a:b");
        let global = Key::new(Scope::Global, "a:b");
        let all = [org.value(), org.lock(), org.channel(), global.value(), global.lock()];
        let all: std::collections::HashSet<_> = all.into_iter().map(Result::unwrap).collect();
        assert_eq!(all.len(), 5);
    }

    #[test]
    fn a_policy_and_a_name_cannot_trade_letters() {
        let policy = |name| Policy {
            name,
            limit: std::num::NonZeroU32::MIN,
            window: Duration::from_secs(1),
        };
        let one = Key::new(Scope::Global, "b:c").limit(&policy("a"));
        let other = Key::new(Scope::Global, "c").limit(&policy("a:global:b"));
        assert_ne!(one.unwrap(), other.unwrap());
    }

    #[test]
    fn a_key_does_not_show_its_name() {
        assert!(!format!("{:?}", Key::new(Scope::Global, "s3cret")).contains("s3cret"));
    }

    #[test]
    fn a_name_beyond_its_bound_is_refused() {
        assert!(Key::new(Scope::Global, "a".repeat(MAX_NAME)).value().is_ok());
        assert!(Key::new(Scope::Global, "a".repeat(MAX_NAME + 1)).value().is_err());
    }

    #[test]
    fn a_time_is_rounded_up_and_bounded() {
        assert_eq!(millis(Duration::from_micros(1)).unwrap(), 1);
        assert!(millis(Duration::ZERO).is_err());
        assert!(millis(Duration::MAX).is_err());
    }
}
