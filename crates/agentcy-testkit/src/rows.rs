//! What the tables of a test database really hold, past every policy.

use serde_json::Value;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection as _, PgConnection};

use crate::postgres::TestDb;

impl TestDb {
    /// The rows of a query as JSON objects; bytes are written as `\x` and hexadecimal digits.
    ///
    /// # Panics
    /// When the query fails.
    pub async fn rows(&self, query: &str) -> Vec<Value> {
        let mut conn = self.connect().await;
        let statement = format!("select to_jsonb(row) from ({query}) row");
        let rows = sqlx::query_scalar(AssertSqlSafe(statement)).fetch_all(&mut conn).await;
        let rows = read(rows);
        read(conn.close().await);
        rows
    }

    /// Every row of every table as one text.
    ///
    /// # Panics
    /// When a table cannot be read.
    pub async fn everything(&self) -> String {
        let tables = "select table_schema || '.' || table_name as name from information_schema.tables
             where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')";
        let mut all = String::new();
        for table in self.rows(tables).await {
            let name = table["name"].as_str().unwrap_or_default();
            for row in self.rows(&format!("select * from {name}")).await {
                all.extend([name, " ", &row.to_string(), "\n"]);
            }
        }
        all
    }

    /// Runs statements as the owner.
    ///
    /// # Panics
    /// When one fails.
    pub async fn execute(&self, statements: &str) {
        let mut conn = self.connect().await;
        read(sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(&mut conn).await);
        read(conn.close().await);
    }

    async fn connect(&self) -> PgConnection {
        read(self.owner.connect().await)
    }
}

#[expect(clippy::panic, reason = "a test that cannot read its database has failed")]
fn read<T>(outcome: sqlx::Result<T>) -> T {
    match outcome {
        Ok(value) => value,
        Err(error) => panic!("the test database refused: {error}"),
    }
}
