//! A connection that a test writes on byte by byte.

use std::time::Duration;

use agentcy_testkit::app::TestApp;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// A hang is a failure; with the clock paused this is no time at all.
const HANGS: Duration = Duration::from_mins(5);

/// One connection, without any client in between.
pub(super) struct Wire(TcpStream);

impl Wire {
    pub(super) async fn to(app: &TestApp) -> Self {
        Self(TcpStream::connect(app.address()).await.unwrap())
    }

    /// Sends bytes; a server that has hung up already does not want them.
    pub(super) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.0.write_all(bytes.as_ref()).await;
    }

    /// Everything that comes until the server hangs up.
    pub(super) async fn rest(&mut self) -> String {
        let mut bytes = Vec::new();
        let end = timeout(HANGS, self.0.read_to_end(&mut bytes)).await;
        // Closed in order or by reset: both end it.
        let _ = end.expect("the server does not hang up");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The next answer with its body, on a connection that stays open.
    pub(super) async fn answer(&mut self) -> String {
        let mut text = String::new();
        loop {
            let mut buffer = [0; 4096];
            let read = timeout(HANGS, self.0.read(&mut buffer)).await.expect("no answer");
            let count = read.expect("a connection");
            assert!(count > 0, "the server hung up after {text:?}");
            text.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(": ")?;
                name.eq_ignore_ascii_case("content-length").then(|| value.parse().unwrap())
            });
            if body.len() >= length.unwrap_or(0) {
                return text;
            }
        }
    }
}

/// A request without a body.
pub(super) fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n")
}
