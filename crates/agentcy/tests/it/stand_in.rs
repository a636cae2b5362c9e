//! A server that answers by script, where the real one would never say such things.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::Command,
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::agentcy;

/// What is done with a request.
pub(crate) enum Say {
    /// A status and a body.
    Json(u16, Value),
    /// The connection ends without a word.
    Cut,
    /// The connection stays, and nothing comes.
    Nothing,
}

/// Somebody who is signed in to it, in a home of their own.
pub(crate) struct StandIn {
    home: TempDir,
    pub(crate) url: String,
}

impl StandIn {
    /// Answers each request, which is given as its method and path.
    pub(crate) fn new(mut answer: impl FnMut(&str) -> Say + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let mut kept = Vec::new();
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let Some(request) = read(&stream) else { continue };
                match answer(&request) {
                    Say::Json(status, body) => write(&mut stream, status, &body),
                    Say::Cut => {}
                    Say::Nothing => kept.push(stream),
                }
            }
        });
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join(".config/agentcy");
        fs::create_dir_all(&folder).unwrap();
        let session = json!({ "url": url, "token": "jwt-of-ada" });
        fs::write(folder.join("session.json"), session.to_string()).unwrap();
        Self { home, url }
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = agentcy(self.home.path());
        command.args(arguments);
        command
    }

    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }
}

/// A refusal as the server words it.
pub(crate) fn refusal(status: u16, code: &str, message: &str, details: &Value) -> Say {
    let error =
        json!({ "code": code, "message": message, "details": details, "request_id": "req_7" });
    Say::Json(status, json!({ "error": error }))
}

/// The method and path, once all of the request was read.
fn read(stream: &TcpStream) -> Option<String> {
    let mut lines = BufReader::new(stream);
    let (mut first, mut length) = (String::new(), 0);
    lines.read_line(&mut first).ok()?;
    loop {
        let mut line = String::new();
        lines.read_line(&mut line).ok()?;
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(bytes) = line.strip_prefix("content-length: ") {
            length = bytes.parse().unwrap();
        }
    }
    lines.read_exact(&mut vec![0; length]).ok()?;
    let mut words = first.split([' ', '?']);
    Some(format!("{} {}", words.next()?, words.next()?))
}

fn write(stream: &mut TcpStream, status: u16, body: &Value) {
    let body = body.to_string();
    let head = format!(
        "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    // Whoever has left does not listen.
    let _ = stream.write_all((head + &body).as_bytes());
}
