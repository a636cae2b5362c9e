//! The server as it is: signature, de-duplication, the delivery, its run and its job in one commit.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use agentcy_testkit::webhook::Webhook;
use anyhow::Result;

use super::{DIGITS, body};
use crate::{
    load::{Line, Load, closed},
    measure::Party,
};

/// Clients that send a delivery each time.
pub(super) struct Product {
    address: SocketAddr,
    head: String,
    body: Vec<u8>,
    clients: usize,
    part: Duration,
    sent: Arc<AtomicU64>,
}

impl Product {
    pub(super) fn new(
        address: SocketAddr,
        webhook: &Webhook,
        clients: usize,
        part: Duration,
        sent: &Arc<AtomicU64>,
    ) -> Self {
        let body = body();
        let (path, signature) = (webhook.path(), webhook.signature(&body));
        let length = body.len();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\nx-agentcy-signature: {signature}\r\nx-agentcy-delivery: "
        );
        Self { address, head, body, clients, part, sent: Arc::clone(sent) }
    }
}

/// A connection, and where in its bytes the number of the delivery stands.
struct Sender {
    line: Line,
    place: usize,
}

impl Party for Product {
    async fn work(&self) -> Result<Load> {
        let mut senders = Vec::new();
        for _ in 0..self.clients {
            let mut bytes = self.head.clone().into_bytes();
            let place = bytes.len();
            bytes.extend([b'0'; DIGITS]);
            bytes.extend(b"\r\n\r\n");
            bytes.extend(&self.body);
            senders.push(Sender { line: Line::open(self.address, bytes).await?, place });
        }
        let sent = Arc::clone(&self.sent);
        closed(self.part, senders, move |mut sender: Sender| {
            let number = sent.fetch_add(1, Ordering::Relaxed);
            async move {
                let digits = format!("{number:0DIGITS$}");
                sender.line.bytes[sender.place..sender.place + DIGITS]
                    .copy_from_slice(digits.as_bytes());
                let answer = sender.line.ask().await;
                let good = answer.is_ok_and(|length| {
                    let answer = &sender.line.buffer[..length];
                    answer.starts_with(b"HTTP/1.1 202") && !answer.ends_with(b"true}")
                });
                (sender, good)
            }
        })
        .await
    }
}
