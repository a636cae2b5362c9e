//! What is pushed: the numbered events of an org, who is told of them, and whether who watches still may.

mod channel;
mod sight;

use std::collections::HashMap;

use agentcy_bus::{Event, Key};
use agentcy_core::{By, Caller, id::OrgId};
use agentcy_store::{outbox, sequencer};
use futures_util::{StreamExt, stream::BoxStream};

pub use agentcy_store::outbox::Numbered;
pub use channel::Channel;
pub use sight::is_told;

use crate::{
    Platform, Result,
    auth::{Anchor, Present, anchor},
};

/// Rings when a channel may have gone on; it ends when the bus does.
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

/// Listens to a channel: what gets its number after this has returned rings, unless the bus loses it.
pub async fn rings(platform: &Platform, org: OrgId, channel: Channel) -> Result<Rings> {
    let heard = platform.bus.subscribe(&Key::new(org, format!("seq:{}", channel.topic()))).await?;
    // A gap may have held a number.
    Ok(heard.map(|(Event::Message(_) | Event::Gap)| ()).boxed())
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
