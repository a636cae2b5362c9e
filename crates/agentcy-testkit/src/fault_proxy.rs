//! A TCP proxy that breaks the network between a program and its server in a chosen way, at a chosen moment.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream, UnixStream},
    sync::{mpsc, watch},
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};

/// What the network does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Carries everything.
    Pass,
    /// Carries everything this much later, in each direction.
    Latency(Duration),
    /// Takes connections and swallows their bytes; a connection that lost some is reset by the next change.
    Blackhole,
    /// Ends every connection with a reset, also those that are open.
    Reset,
    /// Carries this many bytes of each connection, counted from its start in both directions, then resets it.
    CutAfter(u64),
    /// Does not listen, and resets what is open.
    Refuse,
}

/// Where the proxy leads to.
#[derive(Debug, Clone)]
pub enum Upstream {
    /// A TCP address.
    Tcp(SocketAddr),
    /// The path of a unix socket.
    Unix(PathBuf),
}

impl From<SocketAddr> for Upstream {
    fn from(addr: SocketAddr) -> Self {
        Self::Tcp(addr)
    }
}

impl From<PathBuf> for Upstream {
    fn from(path: PathBuf) -> Self {
        Self::Unix(path)
    }
}

/// A proxy on a loopback port of its own, which ends when it is dropped.
#[derive(Debug)]
pub struct FaultProxy {
    /// Where to connect to.
    pub addr: SocketAddr,
    fault: watch::Sender<Fault>,
    listening: watch::Receiver<bool>,
    _tasks: JoinSet<()>,
}

impl FaultProxy {
    /// Starts in [`Fault::Pass`].
    pub async fn start(upstream: impl Into<Upstream>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let addr = listener.local_addr()?;
        let (fault, faults) = watch::channel(Fault::Pass);
        let (told, listening) = watch::channel(true);
        let mut tasks = JoinSet::new();
        tasks.spawn(serve(listener, addr, upstream.into(), faults, told));
        Ok(Self { addr, fault, listening, _tasks: tasks })
    }

    /// Changes what the network does, for open connections, too; done when it holds for new ones.
    pub async fn set(&self, fault: Fault) {
        self.fault.send_replace(fault);
        let mut listening = self.listening.clone();
        // The task, which holds the other end, lives as long as this.
        let _ = listening.wait_for(|listens| *listens == (fault != Fault::Refuse)).await;
    }
}

async fn serve(
    listener: TcpListener,
    addr: SocketAddr,
    upstream: Upstream,
    mut faults: watch::Receiver<Fault>,
    listening: watch::Sender<bool>,
) {
    let mut listener = Some(listener);
    let mut connections = JoinSet::new();
    loop {
        if *faults.borrow_and_update() == Fault::Refuse {
            listener = None;
            while connections.join_next().await.is_some() {}
        } else {
            while listener.is_none() {
                listener = listen(addr).ok();
                sleep(Duration::from_millis(5)).await;
            }
        }
        listening.send_replace(listener.is_some());
        let accepted = async {
            match &listener {
                Some(listener) => listener.accept().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            changed = faults.changed() => if changed.is_err() { return },
            accepted = accepted => if let Ok((client, _)) = accepted {
                connections.spawn(connection(client, upstream.clone(), faults.clone()));
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// The same port again, although connections of its first life linger.
fn listen(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(addr)?;
    socket.listen(1024)
}

/// What happened on a connection so far.
#[derive(Debug, Default)]
struct Trace {
    carried: u64,
    swallowed: bool,
}

async fn connection(mut client: TcpStream, upstream: Upstream, faults: watch::Receiver<Fault>) {
    let trace = watch::Sender::new(Trace::default());
    let broken = tokio::select! {
        () = breakage(faults.clone(), trace.subscribe()) => true,
        carried = carry(&mut client, upstream, &faults, &trace) => carried.is_err(),
    };
    if broken {
        // Closing is a reset now and not an orderly end; a socket that refuses this is gone anyway.
        let _ = client.set_zero_linger();
    }
}

/// Ends when the connection must not go on.
async fn breakage(mut faults: watch::Receiver<Fault>, mut trace: watch::Receiver<Trace>) {
    loop {
        let fault = *faults.borrow_and_update();
        let broken = {
            let trace = trace.borrow_and_update();
            match fault {
                Fault::Reset | Fault::Refuse => true,
                Fault::CutAfter(bytes) if trace.carried >= bytes => true,
                // A stream with a piece missing would be another protocol.
                _ => trace.swallowed && fault != Fault::Blackhole,
            }
        };
        if broken {
            return;
        }
        tokio::select! {
            changed = faults.changed() => if changed.is_err() { return },
            changed = trace.changed() => if changed.is_err() { return },
        }
    }
}

async fn carry(
    client: &mut TcpStream,
    upstream: Upstream,
    faults: &watch::Receiver<Fault>,
    trace: &watch::Sender<Trace>,
) -> io::Result<()> {
    client.set_nodelay(true)?;
    let (from_client, to_client) = client.split();
    match upstream {
        Upstream::Tcp(addr) => {
            let server = TcpStream::connect(addr).await?;
            server.set_nodelay(true)?;
            let (from_server, to_server) = server.into_split();
            let up = pump(from_client, to_server, faults, trace);
            tokio::try_join!(up, pump(from_server, to_client, faults, trace))?;
        }
        Upstream::Unix(path) => {
            let (from_server, to_server) = UnixStream::connect(path).await?.into_split();
            let up = pump(from_client, to_server, faults, trace);
            tokio::try_join!(up, pump(from_server, to_client, faults, trace))?;
        }
    }
    Ok(())
}

/// Carries one direction until its end. Reading goes on while earlier bytes wait for their time.
async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    faults: &watch::Receiver<Fault>,
    trace: &watch::Sender<Trace>,
) -> io::Result<()> {
    let (queue, mut queued) = mpsc::channel::<(Instant, Vec<u8>)>(64);
    let read = async move {
        let mut buffer = vec![0; 16 << 10];
        loop {
            let count = from.read(&mut buffer).await?;
            if count == 0 {
                return Ok(());
            }
            let fault = *faults.borrow();
            let delay = if let Fault::Latency(delay) = fault { delay } else { Duration::ZERO };
            let piece = (Instant::now() + delay, buffer[..count].to_vec());
            queue.send(piece).await.map_err(|_| io::ErrorKind::BrokenPipe)?;
        }
    };
    let write = async {
        while let Some((due, mut bytes)) = queued.recv().await {
            sleep_until(due).await;
            let fault = *faults.borrow();
            match fault {
                Fault::Blackhole => {
                    trace.send_modify(|trace| trace.swallowed = true);
                    continue;
                }
                Fault::CutAfter(most) => {
                    let left = most.saturating_sub(trace.borrow().carried);
                    bytes.truncate(usize::try_from(left).unwrap_or(usize::MAX));
                }
                _ => {}
            }
            to.write_all(&bytes).await?;
            trace.send_modify(|trace| trace.carried += bytes.len() as u64);
        }
        to.shutdown().await
    };
    tokio::try_join!(read, write).map(drop)
}

#[cfg(test)]
mod tests {
    use tokio::time::timeout;

    use super::*;

    /// More than anything here takes; a hang is a failure.
    const HANGS: Duration = Duration::from_secs(5);
    const SILENCE: Duration = Duration::from_millis(150);

    async fn echo(tasks: &mut JoinSet<()>) -> SocketAddr {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let addr = listener.local_addr().unwrap();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                connections.spawn(async move {
                    let (mut from, mut to) = stream.split();
                    tokio::io::copy(&mut from, &mut to).await
                });
            }
        });
        addr
    }

    async fn says(stream: &mut TcpStream, text: &[u8]) -> io::Result<Vec<u8>> {
        stream.write_all(text).await?;
        let mut heard = vec![0; text.len()];
        timeout(HANGS, stream.read_exact(&mut heard)).await.expect("no hang")?;
        Ok(heard)
    }

    /// Reads until the end; `Err` when that was a reset.
    async fn rest(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
        let mut heard = Vec::new();
        let mut piece = [0; 64];
        loop {
            match timeout(HANGS, stream.read(&mut piece)).await.expect("no hang")? {
                0 => return Ok(heard),
                count => heard.extend_from_slice(&piece[..count]),
            }
        }
    }

    async fn proxy() -> (FaultProxy, JoinSet<()>) {
        let mut tasks = JoinSet::new();
        (FaultProxy::start(echo(&mut tasks).await).await.unwrap(), tasks)
    }

    #[tokio::test]
    async fn it_carries_both_directions_and_the_end() {
        let (proxy, _server) = proxy().await;
        let mut stream = TcpStream::connect(proxy.addr).await.unwrap();
        let large = vec![7; 300_000];
        let (mut from, mut to) = stream.split();
        let send = async {
            to.write_all(&large).await.unwrap();
            to.shutdown().await.unwrap();
        };
        let mut heard = Vec::new();
        let ((), read) = tokio::join!(send, from.read_to_end(&mut heard));
        assert_eq!((read.unwrap(), heard == large), (large.len(), true));
    }

    #[tokio::test]
    async fn it_leads_to_a_unix_socket() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let listener = tokio::net::UnixListener::bind(&path).unwrap();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(b"hello").await.unwrap();
        });
        let proxy = FaultProxy::start(path).await.unwrap();
        let mut stream = TcpStream::connect(proxy.addr).await.unwrap();
        assert_eq!(rest(&mut stream).await.unwrap(), b"hello");
    }

    #[tokio::test]
    async fn latency_holds_bytes_back_and_loses_none() {
        let (proxy, _server) = proxy().await;
        let mut stream = TcpStream::connect(proxy.addr).await.unwrap();
        assert_eq!(says(&mut stream, b"quick").await.unwrap(), b"quick");
        proxy.set(Fault::Latency(SILENCE)).await;
        stream.write_all(b"slow").await.unwrap();
        let mut heard = [0; 4];
        let early = timeout(SILENCE, stream.read(&mut heard)).await;
        assert!(early.is_err(), "there and back takes twice the latency");
        timeout(HANGS, stream.read_exact(&mut heard)).await.unwrap().unwrap();
        assert_eq!(&heard, b"slow");
    }

    #[tokio::test]
    async fn a_blackhole_swallows_and_its_connections_do_not_come_back() {
        let (proxy, _server) = proxy().await;
        let mut open = TcpStream::connect(proxy.addr).await.unwrap();
        assert_eq!(says(&mut open, b"one").await.unwrap(), b"one");
        proxy.set(Fault::Blackhole).await;
        let mut new = TcpStream::connect(proxy.addr).await.unwrap();
        for stream in [&mut open, &mut new] {
            stream.write_all(b"lost").await.unwrap();
            assert!(timeout(SILENCE, stream.read(&mut [0; 4])).await.is_err());
        }
        proxy.set(Fault::Pass).await;
        for stream in [&mut open, &mut new] {
            assert!(rest(stream).await.is_err());
        }
        let mut later = TcpStream::connect(proxy.addr).await.unwrap();
        assert_eq!(says(&mut later, b"two").await.unwrap(), b"two");
    }

    #[tokio::test]
    async fn a_reset_ends_open_and_new_connections() {
        let (proxy, _server) = proxy().await;
        let mut open = TcpStream::connect(proxy.addr).await.unwrap();
        assert_eq!(says(&mut open, b"one").await.unwrap(), b"one");
        proxy.set(Fault::Reset).await;
        assert_eq!(rest(&mut open).await.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
        let mut new = TcpStream::connect(proxy.addr).await.unwrap();
        assert_eq!(rest(&mut new).await.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
        proxy.set(Fault::Pass).await;
        let mut later = TcpStream::connect(proxy.addr).await.unwrap();
        assert_eq!(says(&mut later, b"two").await.unwrap(), b"two");
    }

    #[tokio::test]
    async fn a_cut_comes_after_exactly_so_many_bytes() {
        let (proxy, _server) = proxy().await;
        proxy.set(Fault::CutAfter(10 + 4)).await;
        let mut stream = TcpStream::connect(proxy.addr).await.unwrap();
        stream.write_all(b"0123456789").await.unwrap();
        let mut heard = [0; 4];
        timeout(HANGS, stream.read_exact(&mut heard)).await.unwrap().unwrap();
        assert_eq!(&heard, b"0123");
        assert!(rest(&mut stream).await.is_err());
    }

    #[tokio::test]
    async fn refusing_stops_listening_and_comes_back_on_the_same_port() {
        let (proxy, _server) = proxy().await;
        let mut open = TcpStream::connect(proxy.addr).await.unwrap();
        assert_eq!(says(&mut open, b"one").await.unwrap(), b"one");
        for _ in 0..3 {
            proxy.set(Fault::Refuse).await;
            let refused = TcpStream::connect(proxy.addr).await.unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
            proxy.set(Fault::Pass).await;
            let mut later = TcpStream::connect(proxy.addr).await.unwrap();
            assert_eq!(says(&mut later, b"two").await.unwrap(), b"two");
        }
        assert!(rest(&mut open).await.is_err());
    }
}
