//! What is pushed: the numbered events of an org, who is told of them, and whether who watches still may.

mod channel;
mod sight;

use std::{collections::HashMap, time::Duration};

use agentcy_bus::{Event, Key};
use agentcy_core::{By, Caller, id::OrgId};
use agentcy_store::{outbox, sequencer};
use futures_util::{StreamExt, stream::BoxStream};
use tokio::time::sleep;

pub use agentcy_store::outbox::Numbered;
pub use channel::Channel;
pub use sight::is_told;

use crate::{
    Platform, Result,
    auth::{Anchor, Present, anchor},
};

/// When the bus is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// See [`rings`].
pub type Rings = BoxStream<'static, ()>;

/// What one look found.
#[derive(Debug, Default)]
pub struct Look {
    /// Who is still somebody.
    pub present: HashMap<Anchor, Present>,
    /// The last number of each channel that was asked for, in that order.
    pub lasts: Vec<i64>,
}

/// Opens a channel to somebody who may follow it. Errors: `insufficient_role`.
pub async fn open(platform: &Platform, caller: &Caller, channel: Channel) -> Result<By> {
    platform.permit(caller, channel.action()).await
}

/// The last number of a channel, 0 before the first.
pub async fn last(platform: &Platform, by: &By, channel: Channel) -> Result<i64> {
    Ok(outbox::last(&mut platform.db.read(by).await?, channel.topic()).await?)
}

/// The events of a channel after a number, in order, for whomever they are. When the first has not the next number, what
/// comes between is not kept any more.
pub async fn after(
    platform: &Platform,
    by: &By,
    channel: Channel,
    seq: i64,
    limit: i64,
) -> Result<Vec<Numbered>> {
    let mut reader = platform.db.read(by).await?;
    Ok(outbox::after(&mut reader, channel.topic(), seq, limit).await?)
}

/// Rings when a channel may have gone on, and whenever something may have been missed. It ends with the process.
pub fn rings(platform: &Platform, org: OrgId, channel: Channel) -> Rings {
    let bus = platform.bus.clone();
    let key = Key::new(org, format!("seq:{}", channel.topic()));
    Box::pin(async_stream::stream! {
        loop {
            match bus.subscribe(&key).await {
                Ok(mut heard) => {
                    // What came before was not heard.
                    yield;
                    while let Some(Event::Message(_) | Event::Gap) = heard.next().await {
                        yield;
                    }
                }
                Err(error) => tracing::debug!(error = %error, "a channel is not heard"),
            }
            sleep(RETRY).await;
        }
    })
}

/// Looks once at everybody who watches, and how far every channel goes that is watched.
pub async fn look(
    platform: &Platform,
    anchors: &[Anchor],
    channels: &[(OrgId, Channel)],
) -> Result<Look> {
    let mut look = Look::default();
    if anchors.is_empty() && channels.is_empty() {
        return Ok(look);
    }
    let mut tx = platform.db.system(&platform.system).await?;
    look.present = anchor::look(platform, &mut tx, anchors).await?;
    if !channels.is_empty() {
        let places: Vec<_> = channels.iter().map(|(org, it)| (*org, it.topic())).collect();
        look.lasts = sequencer::lasts(&mut tx, &places).await?;
    }
    tx.commit().await?;
    Ok(look)
}
