//! The graph engine: a Neo4j that exists, or the embedded one.

use secrecy::SecretString;
use url::Url;

use crate::{fault::Faulty, parse, reader::Reader, setting::Setting};

const URI: Setting = Setting::open(
    "NEO4J_URI",
    None,
    "One Neo4j server, 5 or newer, such as bolt://host:7687; unset: the embedded engine.",
);
const USER: Setting = Setting::open("NEO4J_USER", Some("neo4j"), "User of Neo4j.");
const PASSWORD: Setting = Setting::secret("NEO4J_PASSWORD", "Password of that user.");
const DATABASE: Setting =
    Setting::open("NEO4J_DATABASE", None, "Database of Neo4j; unset: the user's home database.");

pub(crate) const SETTINGS: &[Setting] = &[URI, USER, PASSWORD, DATABASE];

const SCHEMES: &[&str] = &["neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc"];

/// How to reach Neo4j.
#[derive(Debug, Clone)]
pub struct Neo4j {
    /// Where it is.
    pub uri: Url,
    /// The user.
    pub user: String,
    /// The password.
    pub password: SecretString,
    /// The database; `None` is the user's home database.
    pub database: Option<String>,
}

impl Neo4j {
    /// `None` means the embedded engine.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Option<Self>, Faulty> {
        let uri = reader.optional(&URI, |text| parse::bare_url(text, SCHEMES, "bolt://host:7687"));
        let user = reader.value(&USER, parse::text);
        let password = reader.secret(&PASSWORD);
        let database = reader.optional(&DATABASE, parse::text);
        let (uri, user, password, database) = (uri?, user?, password?, database?);
        let Some(uri) = uri else {
            let stray = [(&PASSWORD, password.is_some()), (&DATABASE, database.is_some())];
            for (setting, _) in stray.into_iter().filter(|(_, set)| *set) {
                reader.fault(
                    setting.name,
                    "is set, but NEO4J_URI is not",
                    "set NEO4J_URI too, or unset it to use the embedded engine",
                );
            }
            return Ok(None);
        };
        let Some(password) = password else {
            return Err(reader.fault(
                PASSWORD.name,
                "is not set, but NEO4J_URI is",
                "set NEO4J_PASSWORD or NEO4J_PASSWORD_FILE",
            ));
        };
        Ok(Some(Self { uri, user, password, database }))
    }
}
