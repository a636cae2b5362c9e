//! What is read from the ledger: now, at a moment, by words, and who does not see it.

mod history;
mod moments;
mod now;
mod pages;
mod realms;
mod stats;
mod tenancy;
mod then;
mod words;

use sqlx::PgConnection;

use crate::world::run;

/// Does what the ledger does after it wrote nodes, where a test wrote them itself.
async fn search_anew(owner: &mut PgConnection) {
    let statement = r"delete from searched_nodes; delete from searched_spellings;
        insert into searched_nodes select org_id, id, words, marks from search_rows where shown order by id;
        insert into searched_spellings
        select distinct org_id, realm, regexp_split_to_table(title, '\s+') from search_rows where shown";
    run(owner, statement).await;
}

/// A number of things, as totals are.
fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap()
}
