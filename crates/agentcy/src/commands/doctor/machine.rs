//! What the machine gives: the data folder, room on its disk, the address.

use std::{
    fs,
    io::ErrorKind,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
};

use agentcy_config::Config;
use rustix::fs::{Access, access, statvfs};
use tokio::net::TcpListener;

use super::{report::Check, server};
use crate::data_dir::DataDir;

const MIB: u64 = 1 << 20;
/// Below this a database does not work for long.
const LEAST_ROOM: u64 = 200 * MIB;
const SCARCE_ROOM: u64 = 1024 * MIB;

/// Whether a server runs that has taken the data folder for itself.
pub(in crate::commands) fn is_held(config: &Config) -> bool {
    DataDir::is_held(&config.data_dir)
}

/// The data folder, and the room on its disk.
pub(super) fn data_dir(config: &Config) -> Vec<Check> {
    let path = &config.data_dir;
    let Some(found) = path.ancestors().find(|path| path.exists()) else {
        return vec![Check::fail("data folder", format!("{} leads nowhere", path.display()), MEND)];
    };
    vec![folder(path, found), room(found)]
}

const MEND: &str =
    "set AGENTCY_DATA_DIR to a folder that this user may write, or give this one to them";

fn folder(path: &Path, found: &Path) -> Check {
    let name = "data folder";
    let shown = path.display();
    let there = match fs::metadata(found) {
        Ok(there) if there.is_dir() => there,
        Ok(_) => return Check::fail(name, format!("{} is no folder", found.display()), MEND),
        Err(error) => {
            return Check::fail(name, format!("{shown} cannot be looked at: {error}"), MEND);
        }
    };
    if let Err(error) = access(found, Access::WRITE_OK | Access::EXEC_OK) {
        let owner = there.uid();
        let says =
            format!("{} cannot be written: {error}; it belongs to user {owner}", found.display());
        return Check::fail(name, says, MEND);
    }
    if found != path {
        return Check::ok(name, format!("{shown} is made at the first start"));
    }
    let owner = there.uid();
    if there.permissions().mode() & 0o002 != 0 {
        let says = format!("anybody on this machine may write {shown}, which holds secrets");
        return Check::warn(name, says, format!("run `chmod o-w {shown}`"));
    }
    let own = rustix::process::geteuid().as_raw();
    if owner != own {
        let says = format!("{shown} belongs to user {owner}, and this is user {own}");
        return Check::warn(name, says, "run doctor as the user that the server runs as");
    }
    Check::ok(name, format!("{shown} can be written"))
}

fn room(found: &Path) -> Check {
    let name = "disk";
    let free = match statvfs(found) {
        Ok(disk) => disk.f_bavail.saturating_mul(disk.f_frsize),
        Err(error) => return Check::warn(name, format!("its room is not known: {error}"), MEND),
    };
    let says = format!("{} MiB are free at {}", free / MIB, found.display());
    let mend = "make room, or set AGENTCY_DATA_DIR to a larger disk";
    match free {
        ..LEAST_ROOM => Check::fail(name, says, mend),
        LEAST_ROOM..SCARCE_ROOM => Check::warn(name, says, mend),
        _ => Check::ok(name, says),
    }
}

/// Whether the address is free, or ours already.
pub(super) async fn bind(config: &Config) -> Check {
    let (name, bind) = ("address", config.server.bind);
    let mend = "set AGENTCY_BIND to another address, or end what uses this one";
    match TcpListener::bind(bind).await {
        Ok(_) => Check::ok(name, format!("{bind} is free")),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            if server::is_ours(bind).await {
                return Check::ok(name, format!("an agentcy answers at {bind}"));
            }
            Check::fail(name, format!("another program uses {bind}"), mend)
        }
        Err(error) => Check::fail(name, format!("{bind} cannot be listened on: {error}"), mend),
    }
}
