//! Sends what a writer shows to the readers of other processes, for as long as there are any, off the writer's path.

use std::{pin::pin, time::Duration};

use agentcy_bus::{Bus, Key};
use tokio::time::sleep;

use super::{hub::Seat, room::Unsent};

/// When the bus is tried again.
const RETRY: Duration = Duration::from_millis(500);

/// Sends in order, everything that is there at once, until nobody listens or writes any more.
pub(crate) async fn run(bus: Bus, channel: Key, seat: Seat) {
    let room = &seat.room;
    loop {
        let mut rung = pin!(room.unsent.notified());
        rung.as_mut().enable();
        match room.next_unsent() {
            Unsent::Next(message) => {
                if let Err(error) = bus.publish(&channel, message.encode()).await {
                    // Whoever listens finds the gap and reads the store.
                    tracing::debug!(error = %error, "readers elsewhere were not told");
                    room.not_sent(message.before);
                    sleep(RETRY).await;
                }
            }
            Unsent::Nothing => rung.await,
            Unsent::Over => return,
        }
    }
}
