//! Two parties side by side: rounds of A B B A, and the median of what each round says.

use anyhow::Result;
use serde_json::{Value, json};

use crate::{load::Load, machine::Watch};

/// How often the parties are compared.
pub(crate) const ROUNDS: usize = 5;

/// What one party did in one part of a round.
#[derive(Debug, Clone, Copy, Default)]
struct Part {
    per_second: f64,
    cpu_micros: f64,
    errors: u64,
    foreign: f64,
}

/// The middle, the least and the most.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

impl Spread {
    /// Of these figures.
    pub(crate) fn of(figures: impl IntoIterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = figures.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let at = |index: usize| sorted.get(index).copied().unwrap_or(f64::NAN);
        Self { median: at(sorted.len() / 2), min: at(0), max: at(sorted.len().saturating_sub(1)) }
    }

    /// As raw figures.
    pub(crate) fn json(self) -> Value {
        json!({ "median": self.median, "min": self.min, "max": self.max })
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let digits = f.precision().unwrap_or(2);
        write!(f, "{:.digits$} ({:.digits$} to {:.digits$})", self.median, self.min, self.max)
    }
}

/// What a party does when its turn comes.
pub(crate) trait Party {
    /// Works for one part of a round.
    async fn work(&self) -> Result<Load>;
}

/// Compares two parties; the ratio is the rate of the first over that of the second.
pub(crate) async fn compare(
    title: &str,
    names: [&str; 2],
    first: &impl Party,
    second: &impl Party,
) -> Result<Value> {
    // Once unmeasured: connections, plans and caches.
    first.work().await?;
    second.work().await?;
    let (mut ones, mut twos, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let parts =
            [part(first).await?, part(second).await?, part(second).await?, part(first).await?];
        ratios.push(
            (parts[0].per_second + parts[3].per_second)
                / (parts[1].per_second + parts[2].per_second),
        );
        ones.extend([parts[0], parts[3]]);
        twos.extend([parts[1], parts[2]]);
    }
    let ratio = Spread::of(ratios.iter().copied());
    println!("\n{title}");
    println!("  ratio {ratio}");
    let foreign = ones.iter().chain(&twos).map(|part| part.foreign).fold(0.0, f64::max);
    Ok(json!({
        "ratio": ratio.json(),
        "ratios": ratios,
        "foreign_max": foreign,
        names[0]: told(names[0], &ones),
        names[1]: told(names[1], &twos),
    }))
}

/// Lets one party work alone.
pub(crate) async fn alone(title: &str, party: &impl Party) -> Result<Value> {
    party.work().await?;
    let mut turns = Vec::new();
    for _ in 0..ROUNDS {
        turns.push(part(party).await?);
    }
    println!("\n{title}");
    let mut figures = told("alone", &turns);
    figures["foreign_max"] = json!(turns.iter().map(|part| part.foreign).fold(0.0, f64::max));
    Ok(figures)
}

async fn part(party: &impl Party) -> Result<Part> {
    let watch = Watch::start()?;
    let load = party.work().await?;
    let seen = watch.stop()?;
    let done = load.done.max(1);
    Ok(Part {
        per_second: f64::from(load.done) / load.elapsed.as_secs_f64(),
        cpu_micros: seen.own.as_secs_f64() * 1e6 / f64::from(done),
        errors: load.errors,
        foreign: seen.foreign,
    })
}

fn told(name: &str, parts: &[Part]) -> Value {
    let rate = Spread::of(parts.iter().map(|part| part.per_second));
    let cpu = Spread::of(parts.iter().map(|part| part.cpu_micros));
    let errors: u64 = parts.iter().map(|part| part.errors).sum();
    println!("  {name:<10} {rate:.0} /s, {cpu:.0} µs of processor each, {errors} errors");
    json!({ "per_second": rate.json(), "cpu_micros": cpu.json(), "errors": errors })
}
