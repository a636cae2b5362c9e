//! A listener that answers every request with what the test says, and remembers what it saw.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

pub(crate) struct Server {
    pub(crate) address: String,
    seen: Arc<Mutex<Vec<String>>>,
    _tasks: JoinSet<()>,
}

impl Server {
    /// Answers `text` at once and closes.
    pub(crate) async fn answering(ip: &str, text: impl Into<String>) -> Self {
        Self::start(ip, text, "", Duration::ZERO).await
    }

    /// Answers `text`, then repeats `drip` for ever.
    pub(crate) async fn dripping(ip: &str, text: &str, drip: &'static str) -> Self {
        Self::start(ip, text, drip, Duration::from_millis(5)).await
    }

    async fn start(ip: &str, text: impl Into<String>, drip: &'static str, pause: Duration) -> Self {
        let listener = TcpListener::bind((ip, 0)).await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (seen, text) = (Arc::new(Mutex::new(Vec::new())), text.into());
        let mut tasks = JoinSet::new();
        let heads = Arc::clone(&seen);
        tasks.spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let head = read_head(&mut socket).await;
                heads.lock().unwrap().push(head);
                let mut sent = socket.write_all(text.as_bytes()).await;
                while sent.is_ok() && !drip.is_empty() {
                    tokio::time::sleep(pause).await;
                    sent = socket.write_all(drip.as_bytes()).await;
                }
            }
        });
        Self { address, seen, _tasks: tasks }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.rsplit(':').next().unwrap().parse().unwrap()
    }

    /// What arrived, one text a connection, in lower case.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

/// Reads the head and, where the request has one, its first piece of body.
async fn read_head(socket: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    while !bytes.windows(4).any(|four| four == b"\r\n\r\n") {
        match socket.read_buf(&mut bytes).await {
            Ok(1..) => {}
            _ => break,
        }
    }
    String::from_utf8_lossy(&bytes).to_lowercase()
}

/// An answer with a body.
pub(crate) fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

/// A redirect.
pub(crate) fn moved(status: u16, location: &str) -> String {
    format!(
        "HTTP/1.1 {status} Moved\r\nlocation: {location}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    )
}
