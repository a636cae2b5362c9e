//! A Neo4j that seems to have several databases: a real one of the Community edition behind a wire that gives
//! itself out for the other edition, notes which database each statement is for, and sends all of them to one.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy},
    net::{TcpListener, TcpStream, tcp::OwnedReadHalf, tcp::OwnedWriteHalf},
    task::JoinSet,
};

/// What is said otherwise on the way, in as many bytes.
const SAID: [(&str, &str); 2] = [
    ("edition AS edition\n    LIMIT 1", "'enterprise' AS edition       "),
    ("CREATE DATABASE $name IF NOT EXISTS WAIT", "SHOW DATABASES YIELD writer AS success  "),
];

/// How often each database was spoken to; the empty name stands for none named.
type Heard = Arc<Mutex<BTreeMap<String, usize>>>;

pub(crate) struct Several {
    pub(crate) port: u16,
    heard: Heard,
    _work: JoinSet<()>,
}

impl Several {
    /// A wire to the server at this address.
    pub(crate) async fn before(server: String) -> Self {
        Self::with(server, &SAID).await
    }

    /// A wire that says nothing of making databases, so that the server does.
    pub(crate) async fn honest(server: String) -> Self {
        Self::with(server, &SAID[..1]).await
    }

    async fn with(server: String, said: &'static [(&str, &str)]) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Heard::default();
        let mut work = JoinSet::new();
        let notes = Arc::clone(&heard);
        work.spawn(async move {
            let mut open = JoinSet::new();
            loop {
                let (near, _) = listener.accept().await.unwrap();
                let far = TcpStream::connect(&server).await.unwrap();
                let (from, mut to) = near.into_split();
                let (mut answers, questions) = far.into_split();
                let notes = Arc::clone(&notes);
                open.spawn(async move {
                    pass(from, questions, said, notes).await;
                });
                open.spawn(async move {
                    let _ = copy(&mut answers, &mut to).await;
                });
            }
        });
        Self { port, heard, _work: work }
    }

    /// How often each database was spoken to since the last time.
    pub(crate) fn heard(&self) -> BTreeMap<String, usize> {
        std::mem::take(&mut self.heard.lock().unwrap())
    }
}

/// Passes messages on; ends with the connection.
async fn pass(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    said: &[(&str, &str)],
    heard: Heard,
) -> Option<()> {
    let mut greeting = [0; 20];
    from.read_exact(&mut greeting).await.ok()?;
    to.write_all(&greeting).await.ok()?;
    loop {
        let mut message = Vec::new();
        loop {
            let length = usize::from(from.read_u16().await.ok()?);
            if length == 0 {
                break;
            }
            let start = message.len();
            message.resize(start + length, 0);
            from.read_exact(&mut message[start..]).await.ok()?;
        }
        judge(&mut message, said, &heard);
        for piece in message.chunks(usize::from(u16::MAX)) {
            to.write_u16(u16::try_from(piece.len()).unwrap()).await.ok()?;
            to.write_all(piece).await.ok()?;
        }
        to.write_u16(0).await.ok()?;
    }
}

/// Notes the database of a statement, and has the server overlook it when it is one of an org.
fn judge(message: &mut [u8], said: &[(&str, &str)], heard: &Heard) {
    const RUN: u8 = 0x10;
    const BEGIN: u8 = 0x11;
    if !matches!(message.get(1), Some(&(RUN | BEGIN))) {
        return;
    }
    for (asked, said) in said {
        if let Some(at) = find(message, asked.as_bytes()) {
            message[at..at + said.len()].copy_from_slice(said.as_bytes());
        }
    }
    // A text of two bytes, then one of 6, or of 44 with its length before it.
    let name = match (find(message, b"\x82db\x86system"), find(message, b"\x82db\xD0\x2Cagentcy-"))
    {
        (Some(_), _) => "system".to_owned(),
        (None, Some(at)) => {
            message[at + 2] = b'x';
            String::from_utf8_lossy(&message[at + 5..at + 49]).into_owned()
        }
        (None, None) => String::new(),
    };
    *heard.lock().unwrap().entry(name).or_default() += 1;
}

fn find(message: &[u8], wanted: &[u8]) -> Option<usize> {
    message.windows(wanted.len()).position(|window| window == wanted)
}
