//! Private places that outgoing calls and sources may reach all the same.

use std::path::{Path, PathBuf};

use agentcy_core::id::OrgId;
use ipnet::IpNet;

use crate::{
    data_dir::absolute,
    fault::{Faulty, Objection, object},
    parse,
    reader::Reader,
    setting::Setting,
};

const ALLOW: Setting = Setting::open(
    "AGENTCY_EGRESS_ALLOW",
    None,
    "Address ranges that outgoing calls may reach although private; none unless set.",
);
const FILES_ALLOW: Setting = Setting::open(
    "AGENTCY_FILES_ALLOW",
    None,
    "Folders that sources may read, as path or org_id:path; on a loopback address: the start folder.",
);

pub(crate) const SETTINGS: &[Setting] = &[ALLOW, FILES_ALLOW];

/// A folder that the sources of an org may read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedFolder {
    /// The org; `None` is the first org of the platform.
    pub org_id: Option<OrgId>,
    /// The folder.
    pub path: PathBuf,
}

/// Private places that may be reached all the same.
#[derive(Debug, Clone)]
pub struct Egress {
    /// Address ranges for outgoing calls.
    pub allow: Vec<IpNet>,
    /// Folders for sources.
    pub files_allow: Vec<AllowedFolder>,
}

impl Egress {
    pub(crate) fn read(reader: &mut Reader<'_>, exposed: bool) -> Result<Self, Faulty> {
        let directory = &reader.environment.directory;
        let allow = reader.optional(&ALLOW, parse::nets);
        let files =
            reader.optional(&FILES_ALLOW, |text| parse::each(text, |part| folder(directory, part)));
        let start = || AllowedFolder { org_id: None, path: directory.clone() };
        Ok(Self {
            allow: allow?.unwrap_or_default(),
            files_allow: match files? {
                Some(folders) => folders,
                None if exposed => Vec::new(),
                None => vec![start()],
            },
        })
    }
}

fn folder(directory: &Path, text: &str) -> Result<AllowedFolder, Objection> {
    let (org_id, path) = match text.split_once(':') {
        Some((org, path)) => match org.parse() {
            Ok(org_id) => (Some(org_id), path),
            Err(_) => {
                return object(
                    "has no org id before its colon",
                    "write org_<uuid>:/folder or /folder",
                );
            }
        },
        None => (None, text),
    };
    if path.is_empty() {
        return object("names no folder", "write org_<uuid>:/folder or /folder");
    }
    Ok(AllowedFolder { org_id, path: absolute(directory, path) })
}
