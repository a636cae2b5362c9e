//! The same query with row-level security and without.

use std::time::Duration;

use agentcy_testkit::{app::TestApp, bare::BareReader};
use anyhow::Result;
use serde_json::Value;
use uuid::Uuid;

use crate::{
    load::{CONNECTIONS, Load, closed},
    measure::{Party, compare},
};

struct Queries {
    reader: BareReader,
    org: Uuid,
    part: Duration,
}

impl Party for Queries {
    async fn work(&self) -> Result<Load> {
        let workers = vec![(self.reader.clone(), self.org); CONNECTIONS];
        closed(self.part, workers, |(reader, org)| async move {
            let good = reader.realms(org).await.is_ok_and(|realms| realms.len() == 5);
            ((reader, org), good)
        })
        .await
    }
}

/// Measures it.
pub(crate) async fn measure(app: &TestApp, part: Duration) -> Result<Value> {
    let org = app.stage.org().await.into();
    let secured = app.stage.database.tenant_reader(8, org).await;
    let open = app.stage.database.bare_reader(8).await;
    let (on, off) = (Queries { reader: secured, org, part }, Queries { reader: open, org, part });
    let title = "a query under row-level security, beside one without (target: 0.85)";
    compare(title, ["secured", "open"], &on, &off).await
}
