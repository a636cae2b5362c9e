//! A PostgreSQL of somebody else's, as the URLs that the server is given.

use agentcy_store::PgConnectOptions;
use agentcy_testkit::postgres::TestDb;
use url::Url;

/// What every login of these tests has.
const PASSWORD: &str = "agentcy_test_app";

/// A database of one test.
pub(crate) struct Database(pub(crate) TestDb);

impl Database {
    /// One that is up to date.
    pub(crate) async fn new() -> Self {
        Self(TestDb::new().await)
    }

    /// One without anything in it.
    pub(crate) async fn empty() -> Self {
        let db = TestDb::new().await;
        db.execute(
            "drop schema public cascade; create schema public; grant usage on schema public to public",
        )
        .await;
        Self(db)
    }

    /// As the server may use it.
    pub(crate) fn app(&self) -> String {
        url(&self.0.app, PASSWORD)
    }

    /// As a superuser.
    pub(crate) fn owner(&self) -> String {
        let given = std::env::var("AGENTCY_TEST_POSTGRES").ok();
        let given = given.and_then(|given| Url::parse(&given).ok());
        let password = given.as_ref().and_then(Url::password).unwrap_or_default();
        url(&self.0.owner, password)
    }

    /// As somebody whose name is of this database alone; whether there is such a login is another thing.
    pub(crate) fn stranger(&self) -> String {
        url(&self.0.app.clone().username(&self.stranger_name()), PASSWORD)
    }

    pub(crate) fn stranger_name(&self) -> String {
        self.0.name.replacen("agentcy_test", "agentcy_login", 1)
    }

    pub(crate) async fn forget_stranger(&self) {
        let name = self.stranger_name();
        self.0.execute(&format!("drop owned by {name} cascade")).await;
        self.0.execute(&format!("drop role {name}")).await;
    }
}

pub(crate) fn url(login: &PgConnectOptions, password: &str) -> String {
    let host = match login.get_socket() {
        Some(folder) => folder.to_str().unwrap().replace('/', "%2F"),
        None => login.get_host().to_owned(),
    };
    let (user, port) = (login.get_username(), login.get_port());
    format!("postgres://{user}:{password}@{host}:{port}/{}", login.get_database().unwrap())
}
