//! Realms: named parts of an org's graph that membership and keys may be limited to.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// The realms that exist in each org from its first day.
pub const BUILT_IN: [&str; 5] = ["infrastructure", "development", "crm", "design", "data"];

/// The slug of a realm: `[a-z0-9-]{1,40}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
#[schemars(transparent, inline, extend("pattern" = "^[a-z0-9-]{1,40}$"))]
pub struct Realm(String);

impl Realm {
    /// The realms that exist in each org from its first day.
    pub fn built_in() -> [Self; 5] {
        BUILT_IN.map(|slug| Self(slug.to_owned()))
    }
}

/// A text that is no realm slug.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a realm: 1 to 40 of a-z, 0-9 and -")]
pub struct InvalidRealm;

impl Realm {
    /// The slug.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Realm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Realm {
    type Err = InvalidRealm;
    fn from_str(text: &str) -> Result<Self, InvalidRealm> {
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if (1..=40).contains(&text.len()) && text.bytes().all(fits) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidRealm)
        }
    }
}

impl<'de> Deserialize<'de> for Realm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// Which realms somebody sees: all, now and later, or a list. On the wire `["*"]` or the slugs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Realms {
    /// Every realm of the org.
    All,
    /// These and no others; an empty list sees nothing.
    Only(Vec<Realm>),
}

impl Realms {
    /// Whether what lies in this realm may be seen.
    pub fn contains(&self, realm: &Realm) -> bool {
        match self {
            Self::All => true,
            Self::Only(list) => list.contains(realm),
        }
    }

    /// Whether everything in `other` is also in here.
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::All, _) => true,
            (Self::Only(_), Self::All) => false,
            (Self::Only(_), Self::Only(list)) => list.iter().all(|realm| self.contains(realm)),
        }
    }

    /// What is in both.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::All, rest) | (rest, Self::All) => rest.clone(),
            (Self::Only(list), rest) => {
                Self::Only(list.iter().filter(|realm| rest.contains(realm)).cloned().collect())
            }
        }
    }

    /// As the database and the wire keep it: `["*"]` or the slugs.
    pub fn to_slugs(&self) -> Vec<String> {
        match self {
            Self::All => vec!["*".to_owned()],
            Self::Only(list) => list.iter().map(ToString::to_string).collect(),
        }
    }

    /// Reads `["*"]` or slugs; `*` beside others is refused, a slug twice counts once.
    pub fn from_slugs(slugs: &[String]) -> Result<Self, InvalidRealm> {
        if let [only] = slugs
            && only == "*"
        {
            return Ok(Self::All);
        }
        let mut list = slugs.iter().map(|slug| slug.parse()).collect::<Result<Vec<Realm>, _>>()?;
        list.sort();
        list.dedup();
        Ok(Self::Only(list))
    }
}

impl Serialize for Realms {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_slugs().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Realms {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let slugs = Vec::<String>::deserialize(deserializer)?;
        Self::from_slugs(&slugs).map_err(D::Error::custom)
    }
}

impl JsonSchema for Realms {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Realms".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "array",
            "description": "Either [\"*\"] for every realm, or a list of slugs.",
            "items": { "type": "string", "pattern": "^(\\*|[a-z0-9-]{1,40})$" },
            "maxItems": 100,
            "examples": [["*"], ["infrastructure", "development"]],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(slugs: &[&str]) -> Realms {
        Realms::Only(slugs.iter().map(|slug| slug.parse().unwrap()).collect())
    }

    #[test]
    fn a_slug_has_one_to_forty_plain_characters() {
        assert!("crm".parse::<Realm>().is_ok());
        for bad in ["", "CRM", "a b", "ä", "*", &"a".repeat(41)] {
            assert!(bad.parse::<Realm>().is_err(), "{bad}");
        }
    }

    #[test]
    fn nobody_gives_more_than_they_have() {
        assert!(Realms::All.covers(&only(&["crm"])));
        assert!(!only(&["crm"]).covers(&Realms::All));
        assert!(!only(&["crm"]).covers(&only(&["crm", "data"])));
        assert_eq!(only(&["crm", "data"]).intersect(&only(&["data"])), only(&["data"]));
    }

    #[test]
    fn a_star_stands_alone() {
        assert_eq!(Realms::from_slugs(&["*".into()]), Ok(Realms::All));
        assert!(Realms::from_slugs(&["*".into(), "crm".into()]).is_err());
    }
}
