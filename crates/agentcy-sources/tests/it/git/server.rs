//! A server that speaks git over HTTP, and the ways in which one can go wrong.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::Stdio,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use super::world::git;

/// What a server does beside serving.
#[derive(Debug, Default, Clone)]
pub(super) struct Rules {
    /// The `Authorization` that is asked for.
    pub(super) login: Option<&'static str>,
    /// Where a GET is sent instead, as the start of the new place.
    pub(super) redirect: Option<String>,
    /// After how many bytes a pack breaks off.
    pub(super) cut: Option<usize>,
    /// Whether a pack that breaks off looks as if it ended.
    pub(super) cut_cleanly: bool,
    /// What is answered instead.
    pub(super) status: Option<&'static str>,
    /// Whether nothing more comes after the head.
    pub(super) silent: bool,
}

/// What was asked for: the method, the path, the login, and the size of what was answered.
pub(super) type Asked = (String, String, Option<String>, usize);

#[derive(Clone)]
struct Shared {
    root: PathBuf,
    rules: Arc<Mutex<Rules>>,
    log: Arc<Mutex<Vec<Asked>>>,
    over: Arc<AtomicBool>,
}

/// A server on a port of its own; it ends with this value.
pub(super) struct Server {
    address: SocketAddr,
    shared: Shared,
}

impl Server {
    /// Serves every repository below a folder.
    pub(super) fn new(root: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Shared {
            root: root.to_owned(),
            rules: Arc::default(),
            log: Arc::default(),
            over: Arc::default(),
        };
        let mine = shared.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                if mine.over.load(Ordering::Relaxed) {
                    break;
                }
                let mine = mine.clone();
                // A client that hangs up is no fault of the test.
                thread::spawn(move || stream.and_then(|stream| mine.serve(stream)));
            }
        });
        Self { address, shared }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    pub(super) fn rules(&self, rules: Rules) {
        *self.shared.rules.lock().unwrap() = rules;
    }

    /// What was asked for since the last time.
    pub(super) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.shared.log.lock().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
    }
}

struct Request {
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(one, _)| one == name).map(|(_, value)| value.as_str())
    }

    fn read(stream: &TcpStream) -> Option<Self> {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let mut words = line.split(' ');
        let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            headers.push((name.to_lowercase(), value.to_owned()));
        }
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let (path, query) = (path.to_owned(), query.to_owned());
        let mut request = Self { method, path, query, headers, body: Vec::new() };
        let length = request.header("content-length").map_or(0, |text| text.parse().unwrap());
        request.body.resize(length, 0);
        reader.read_exact(&mut request.body).ok()?;
        Some(request)
    }
}

impl Shared {
    fn serve(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let Some(request) = Request::read(&stream) else { return Ok(()) };
        let rules = self.rules.lock().unwrap().clone();
        let login = request.header("authorization").map(str::to_owned);
        let (head, mut body) = self.answer(&request, &rules, login.as_deref());
        let asked = (request.method.clone(), request.path.clone(), login, body.len());
        self.log.lock().unwrap().push(asked);
        let is_pack = body.windows(8).any(|part| part == b"packfile")
            || body.windows(4).any(|part| part == b"PACK");
        let length = body.len();
        if let Some(cut) = rules.cut.filter(|_| is_pack && request.method == "POST") {
            body.truncate(cut);
        }
        let length = if rules.cut_cleanly { body.len() } else { length };
        write!(stream, "HTTP/1.1 {head}Content-Length: {length}\r\nConnection: close\r\n\r\n")?;
        if rules.silent {
            thread::sleep(Duration::from_secs(5));
        }
        stream.write_all(&body)
    }

    fn answer(&self, request: &Request, rules: &Rules, login: Option<&str>) -> (String, Vec<u8>) {
        if let Some(status) = rules.status {
            return (format!("{status}\r\n"), b"no".to_vec());
        }
        if rules.login.is_some_and(|wanted| login != Some(wanted)) {
            return (
                "401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\n".to_owned(),
                Vec::new(),
            );
        }
        if let Some(start) = rules.redirect.as_ref().filter(|_| request.method == "GET") {
            let rest = request.path.find("/info/refs").map_or("", |at| &request.path[at..]);
            let place = format!("{start}{rest}?{}", request.query);
            return (format!("302 Found\r\nLocation: {place}\r\n"), Vec::new());
        }
        let mut backend = git(&self.root);
        backend
            .arg("http-backend")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        backend
            .env("GIT_PROJECT_ROOT", &self.root)
            .env("GIT_HTTP_EXPORT_ALL", "1")
            .env("GIT_CONFIG_COUNT", "1")
            .env("GIT_CONFIG_KEY_0", "safe.directory")
            .env("GIT_CONFIG_VALUE_0", "*")
            .env("REQUEST_METHOD", &request.method)
            .env("PATH_INFO", &request.path)
            .env("QUERY_STRING", &request.query)
            .env("CONTENT_LENGTH", request.body.len().to_string())
            .env("CONTENT_TYPE", request.header("content-type").unwrap_or_default())
            .env("GIT_PROTOCOL", request.header("git-protocol").unwrap_or_default());
        let mut backend = backend.spawn().unwrap();
        let _ = backend.stdin.take().unwrap().write_all(&request.body);
        let output = backend.wait_with_output().unwrap().stdout;
        let end = output.windows(4).position(|part| part == b"\r\n\r\n").unwrap_or(0);
        let (head, body) =
            (String::from_utf8_lossy(&output[..end]), &output[(end + 4).min(output.len())..]);
        let mut status = "200 OK".to_owned();
        let mut lines = String::new();
        for line in head.lines() {
            match line.strip_prefix("Status: ") {
                Some(other) => other.clone_into(&mut status),
                None => lines.extend([line, "\r\n"]),
            }
        }
        (format!("{status}\r\n{lines}"), body.to_vec())
    }
}
