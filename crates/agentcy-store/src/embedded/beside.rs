//! The way to a PostgreSQL that a running server has embedded, for a process beside it.

use std::{fs, path::Path};

use sqlx::postgres::PgConnectOptions;

use super::{DATABASE, LOGIN, login};

/// Which line of `postmaster.pid` names the folder of the socket.
const SOCKET_LINE: usize = 4;

/// The server's login to the PostgreSQL that it runs on this data directory; `None` where there is none to be seen.
pub fn login_beside(data_dir: &Path) -> Option<PgConnectOptions> {
    let text = fs::read_to_string(data_dir.join("postgres/data/postmaster.pid")).ok()?;
    let socket_dir = text.lines().nth(SOCKET_LINE)?;
    Some(login(Path::new(socket_dir), LOGIN).database(DATABASE))
}
