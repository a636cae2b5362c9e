//! What a Redis says of itself, for whoever judges whether it is fit.

/// The oldest that knows every command in use.
const OLDEST: (u32, u32) = (6, 2);

/// What a Redis or Valkey says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// The version of Redis, or of the Redis that a Valkey is like.
    pub version: String,
    /// What it does when its memory is full; `noeviction` forgets nothing of ours.
    pub when_full: Option<String>,
}

impl About {
    pub(super) fn read(info: &str) -> Self {
        let find = |name: &str| {
            let mut pairs = info.lines().filter_map(|line| line.trim().split_once(':'));
            pairs.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
        };
        let version = find("redis_version").unwrap_or_default();
        Self { version, when_full: find("maxmemory_policy") }
    }

    /// Whether it lacks commands that the bus needs. One that hides its version is trusted.
    pub fn is_too_old(&self) -> bool {
        let mut parts = self.version.split('.').map(str::parse);
        match (parts.next(), parts.next()) {
            (Some(Ok(major)), Some(Ok(minor))) => (major, minor) < OLDEST,
            _ => false,
        }
    }

    /// Whether it forgets values before their time when its memory is full.
    pub fn may_forget(&self) -> bool {
        self.when_full.as_deref().is_some_and(|policy| policy != "noeviction")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_or_forgetful_redis_is_told_from_a_fit_one() {
        let read = |version: &str, policy: &str| {
            About::read(&format!(
                "# Server\r\nredis_version:{version}\r\n# Memory\r\nmaxmemory_policy:{policy}\r\n"
            ))
        };
        let fit = read("7.2.4", "noeviction");
        assert_eq!(fit.version, "7.2.4");
        assert!(!fit.is_too_old() && !fit.may_forget());
        assert!(!read("6.2.0", "noeviction").is_too_old());
        assert!(read("6.0.16", "noeviction").is_too_old() && read("5.9.1", "x").is_too_old());
        assert!(!read("10.0.1", "noeviction").is_too_old());
        assert!(read("7.2.4", "allkeys-lru").may_forget());
        let hidden = About::read("");
        assert!(!hidden.is_too_old() && !hidden.may_forget());
    }
}
