//! One piece of a batch: one transaction, run again when the server undid it for reasons that pass.

use std::time::Duration;

use agentcy_core::id::{EdgeId, OrgId};
use tokio::time::sleep;

use super::{
    link::{Failure, Link, within},
    write_edges, write_nodes,
};
use crate::{
    Result,
    batch::{EdgeChange, NodeChange},
};

/// How often a piece is tried.
const ATTEMPTS: u32 = 6;

/// The first pause between two attempts; each later one is twice as long.
const PAUSE: Duration = Duration::from_millis(25);

#[derive(Clone, Copy)]
pub(super) enum Piece<'a> {
    Nodes(&'a [NodeChange]),
    Edges(&'a [EdgeChange]),
}

/// What one piece did.
#[derive(Default)]
pub(super) struct Done {
    pub(super) written: usize,
    pub(super) waiting: Vec<EdgeId>,
}

pub(super) async fn piece(link: &Link, org: OrgId, piece: Piece<'_>) -> Result<Done> {
    let mut attempt = 0;
    loop {
        match within(link.settings.write, once(link, org, piece)).await {
            Ok(done) => return Ok(done),
            Err(failure) if failure.is_transient() && attempt + 1 < ATTEMPTS => {
                sleep(PAUSE * 2_u32.pow(attempt)).await;
                attempt += 1;
            }
            Err(failure) => return Err(failure.into_error()),
        }
    }
}

async fn once(link: &Link, org: OrgId, piece: Piece<'_>) -> Result<Done, Failure> {
    let mut transaction = link.begin().await?;
    let txn = transaction.txn()?;
    let done = match piece {
        Piece::Nodes(changes) => write_nodes::write(txn, org, changes).await?,
        Piece::Edges(changes) => write_edges::write(txn, org, changes).await?,
    };
    transaction.commit().await?;
    Ok(done)
}
