//! A query of the product without the product: what a bench compares it with.

#![expect(clippy::expect_used, reason = "a bench whose stage cannot be set has failed")]

use agentcy_store::PgConnectOptions;
use anyhow::Result;
use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{FromRow, PgPool, postgres::PgPoolOptions};
use uuid::Uuid;

use crate::postgres::TestDb;

const READER: &str = "agentcy_bench_reader";

/// Reads realms on a pool of its own.
#[derive(Debug, Clone)]
pub struct BareReader {
    pool: PgPool,
}

/// A row of the query, as the façade shows it.
#[derive(Debug, Serialize, FromRow)]
pub struct BareRealm {
    slug: String,
    name: String,
    description: String,
    built_in: bool,
    created_at: DateTime<Utc>,
}

impl BareReader {
    /// What `GET /api/v1/realms/available` asks the database.
    pub async fn realms(&self, org: Uuid) -> Result<Vec<BareRealm>> {
        let realms = sqlx::query_as(
            "select slug, name, description, built_in, created_at from realms
             where org_id = $1 order by built_in desc, slug limit $2",
        );
        Ok(realms.bind(org).bind(1000_i64).fetch_all(&self.pool).await?)
    }

    async fn over(login: PgConnectOptions, size: u32) -> Self {
        // At its best: no look at a connection before each use.
        let pool = PgPoolOptions::new().max_connections(size).test_before_acquire(false);
        Self { pool: pool.connect_with(login).await.expect("a pool") }
    }
}

impl TestDb {
    /// A reader past row-level security who is no superuser.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn bare_reader(&self, size: u32) -> BareReader {
        self.execute(&format!(
            "do $$ begin
                 if not exists (select from pg_roles where rolname = '{READER}') then
                     create role {READER} login bypassrls password '{READER}';
                 end if;
             end $$;
             grant select on realms to {READER}"
        ))
        .await;
        BareReader::over(self.app.clone().username(READER).password(READER), size).await
    }

    /// A reader of one org under row-level security, set up as the server's connections are.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn tenant_reader(&self, size: u32, org: Uuid) -> BareReader {
        let org = org.to_string();
        let settings = [("role", "agentcy_tenant"), ("agentcy.org", org.as_str())];
        BareReader::over(self.app.clone().options(settings), size).await
    }
}
