//! Sending: within bounds of time, and never past an order to close.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use futures_util::SinkExt;
use tokio::time::timeout;

use crate::seat::{Close, Seat};

/// Why a socket is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Over {
    /// It is to be closed.
    Close(Close),
    /// The client is closing, or gone.
    Gone,
}

/// The way to a client.
pub(crate) struct Wire {
    socket: WebSocket,
    stall: Duration,
    closing: Duration,
}

impl Wire {
    pub(crate) const fn new(socket: WebSocket, stall: Duration, closing: Duration) -> Self {
        Self { socket, stall, closing }
    }

    /// The next message of the client. Nothing is lost when this is given up.
    pub(crate) async fn receive(&mut self) -> Result<Message, Over> {
        match self.socket.recv().await {
            Some(Ok(message)) => Ok(message),
            Some(Err(error)) if is_too_large(&error) => Err(Over::Close(Close::TooLarge)),
            Some(Err(_)) | None => Err(Over::Gone),
        }
    }

    /// Sends messages in one go.
    pub(crate) async fn send(&mut self, seat: &Seat, messages: Vec<Message>) -> Result<(), Over> {
        let writing = async {
            for message in messages {
                self.socket.feed(message).await?;
            }
            self.socket.flush().await
        };
        tokio::select! {
            biased;
            close = seat.ended() => Err(Over::Close(close)),
            written = timeout(self.stall, writing) => match written {
                Ok(Ok(())) => Ok(()),
                Ok(Err(_)) => Err(Over::Gone),
                Err(_) => Err(Over::Close(Close::Slow)),
            },
        }
    }

    /// Says goodbye and waits a little for the answer.
    pub(crate) async fn close(mut self, over: Over) {
        let goodbye = async {
            if let Over::Close(close) = over {
                let frame = CloseFrame { code: close as u16, reason: close.reason().into() };
                if self.socket.send(Message::Close(Some(frame))).await.is_err() {
                    return;
                }
            }
            while let Some(Ok(_)) = self.socket.recv().await {}
        };
        // Whoever does not answer is hung up on.
        drop(timeout(self.closing, goodbye).await);
        if let Over::Close(close) = over {
            metrics::counter!("agentcy_ws_closed_total", "code" => (close as u16).to_string())
                .increment(1);
        }
    }
}

fn is_too_large(error: &axum::Error) -> bool {
    let mut next: Option<&dyn std::error::Error> = Some(error);
    while let Some(cause) = next {
        if let Some(tokio_tungstenite::tungstenite::Error::Capacity(_)) = cause.downcast_ref() {
            return true;
        }
        next = cause.source();
    }
    false
}
