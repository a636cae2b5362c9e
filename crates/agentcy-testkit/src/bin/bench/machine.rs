//! What the machine says of itself and of what ran on it: processor, memory, disk.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Write,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::measure::Spread;

/// What `/proc` counts in: a hundredth of a second on every Linux that matters.
const TICKS: f64 = 100.0;
const PAGE: u64 = 4096;

/// A look at the processor that lasts for a while.
pub(crate) struct Watch {
    started: Instant,
    busy: f64,
    own: f64,
}

/// What was seen.
pub(crate) struct Seen {
    /// User and system time of this process and everything below it.
    pub(crate) own: Duration,
    /// The part of the whole machine that others took.
    pub(crate) foreign: f64,
}

impl Watch {
    pub(crate) fn start() -> Result<Self> {
        Ok(Self { started: Instant::now(), busy: busy()?, own: own()? })
    }

    pub(crate) fn stop(self) -> Result<Seen> {
        let own = (own()? - self.own).max(0.0);
        let all = (busy()? - self.busy).max(0.0);
        let capacity = self.started.elapsed().as_secs_f64() * cores();
        Ok(Seen { own: Duration::from_secs_f64(own), foreign: ((all - own) / capacity).max(0.0) })
    }
}

fn cores() -> f64 {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    f64::from(u32::try_from(cores).unwrap_or(1))
}

/// Seconds that all processors together were at work.
fn busy() -> Result<f64> {
    let text = fs::read_to_string("/proc/stat")?;
    let line = text.lines().next().context("an empty /proc/stat")?;
    let ticks: Vec<f64> = line.split_whitespace().skip(1).filter_map(|n| n.parse().ok()).collect();
    // user nice system idle iowait irq softirq
    let at = |index: usize| ticks.get(index).copied().unwrap_or(0.0);
    Ok((at(0) + at(1) + at(2) + at(5) + at(6)) / TICKS)
}

struct Process {
    parent: u32,
    seconds: f64,
    pages: u64,
}

fn processes() -> Result<BTreeMap<u32, Process>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir("/proc")? {
        let entry = entry?;
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        // It may end while we look.
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
        let Some((_, rest)) = stat.rsplit_once(") ") else { continue };
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let number = |index: usize| fields.get(index).and_then(|field| field.parse::<u64>().ok());
        let ticks = [11, 12, 13, 14].map(|index| number(index).unwrap_or(0));
        let ticks = u32::try_from(ticks.iter().sum::<u64>()).unwrap_or(u32::MAX);
        all.insert(
            pid,
            Process {
                parent: number(1).and_then(|parent| u32::try_from(parent).ok()).unwrap_or(0),
                seconds: f64::from(ticks) / TICKS,
                pages: number(21).unwrap_or(0),
            },
        );
    }
    Ok(all)
}

/// A process and everything below it.
fn tree(all: &BTreeMap<u32, Process>, root: u32) -> Vec<u32> {
    let mut found = vec![root];
    let mut next = 0;
    while let Some(&parent) = found.get(next) {
        found.extend(
            all.iter().filter(|(_, process)| process.parent == parent).map(|(pid, _)| *pid),
        );
        next += 1;
    }
    found
}

fn own() -> Result<f64> {
    let all = processes()?;
    let tree = tree(&all, std::process::id());
    Ok(tree.iter().filter_map(|pid| all.get(pid)).map(|process| process.seconds).sum())
}

/// Memory of a process and of everything below it, in MiB.
pub(crate) struct Memory {
    /// Resident; pages that processes share count for each.
    pub(crate) rss: f64,
    /// Shared pages divided among those who share them.
    pub(crate) pss: f64,
    /// Resident, of the process alone.
    pub(crate) alone: f64,
}

pub(crate) fn memory(root: u32) -> Result<Memory> {
    let all = processes()?;
    let tree = tree(&all, root);
    let resident = |pid: &u32| all.get(pid).map_or(0, |process| process.pages * PAGE);
    let shared_out = |pid: &u32| -> u64 {
        let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        kib.unwrap_or(0) * 1024
    };
    Ok(Memory {
        rss: mib(tree.iter().map(resident).sum()),
        pss: mib(tree.iter().map(shared_out).sum()),
        alone: mib(resident(&root)),
    })
}

fn mib(bytes: u64) -> f64 {
    f64::from(u32::try_from(bytes / 1024).unwrap_or(u32::MAX)) / 1024.0
}

/// Which machine it is, and how long its disk takes to flush.
pub(crate) fn describe() -> Result<Value> {
    let info = fs::read_to_string("/proc/cpuinfo")?;
    let model = info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let model = model.trim_start_matches(['\t', ' ', ':']).to_owned();
    let flush = flush()?;
    let cores = cores();
    let summary = format!("{cores} × {model}; a flush to disk takes {flush:.1} ms");
    Ok(json!({ "cores": cores, "model": model, "flush_millis": flush.json(), "summary": summary }))
}

fn flush() -> Result<Spread> {
    let folder = tempfile::tempdir()?;
    let mut file = File::create(folder.path().join("flush"))?;
    let mut millis = Vec::new();
    for _ in 0..50 {
        let started = Instant::now();
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        millis.push(started.elapsed().as_secs_f64() * 1e3);
    }
    Ok(Spread::of(millis))
}
