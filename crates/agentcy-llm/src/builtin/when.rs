//! Since when something is asked for: `today`, `last 3 weeks`, `since 2026-11-01`.

use std::time::Duration;

use agentcy_core::Timestamp;
use chrono::{DateTime, FixedOffset};

use super::words::Word;

/// How the line of a request begins that tells the time, to the minute and in UTC.
const TIME_IS: &str = "It is ";
/// How the same goes on with the time in the zone whose days are meant: so long, and like this.
const HERE: (&str, usize, &str) = (", and ", 22, "%Y-%m-%d %H:%M%:z");
const DAY: u64 = 24 * 60 * 60;
const WEEKDAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// A moment of the past as it was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// Itself.
    At(Timestamp),
    /// So many seconds ago.
    Ago(u64),
    /// The beginning of the day so many days ago.
    Days(u64),
    /// The beginning of the present week, month or year.
    Begin(&'static str),
    /// The beginning of the last day of this name, from 0 for Monday on.
    Weekday(u64),
}

/// The time of a request, as it is where its days are meant.
pub(super) fn now(system: &str) -> Option<DateTime<FixedOffset>> {
    let mut lines = system.lines().filter_map(|line| line.strip_prefix(TIME_IS));
    lines.find_map(|line| {
        let (time, rest) = line.split_once(" UTC")?;
        let (and, long, form) = HERE;
        let here = rest.strip_prefix(and).and_then(|here| here.get(..long));
        let here = here.and_then(|here| DateTime::parse_from_str(here, form).ok());
        here.or_else(|| format!("{}:00Z", time.replace(' ', "T")).parse().ok())
    })
}

/// As queries and people read it.
pub(super) fn written(time: Timestamp) -> String {
    time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The longest phrase of time in words.
const LONGEST: usize = 5;

/// Takes the first phrase of time out of a question.
pub(super) fn take(words: &[Word]) -> (Vec<Word>, Option<When>) {
    let keys: Vec<&str> = words.iter().map(|word| word.key.as_str()).collect();
    for start in 0..keys.len() {
        for end in (start + 1..=keys.len().min(start + LONGEST)).rev() {
            if let Some(when) = phrase(&keys[start..end]) {
                return ([&words[..start], &words[end..]].concat(), Some(when));
            }
        }
    }
    (words.to_vec(), None)
}

fn phrase(keys: &[&str]) -> Option<When> {
    let core = match keys {
        ["since" | "after" | "from" | "in" | "within" | "during" | "over" | "for", rest @ ..] => {
            rest
        }
        all => all,
    };
    let said = core.len() < keys.len();
    let core = if let ["the", rest @ ..] = core { rest } else { core };
    match core {
        ["today"] => Some(When::Days(0)),
        ["yesterday"] => Some(When::Days(1)),
        ["recently" | "lately"] => Some(When::Ago(7 * DAY)),
        ["this", unit] => match *unit {
            "week" => Some(When::Begin("week")),
            "month" => Some(When::Begin("month")),
            "year" => Some(When::Begin("year")),
            "morning" => Some(When::Days(0)),
            _ => None,
        },
        ["last" | "past" | "previous", unit] => {
            weekday(unit).or_else(|| Some(When::Ago(seconds(unit)?)))
        }
        ["last" | "past" | "previous", count, unit] | [count, unit, "ago"] => several(count, unit),
        [count, unit] if said => several(count, unit),
        [day] if said => weekday(day).or_else(|| date(day)),
        _ => None,
    }
}

fn several(count: &str, unit: &str) -> Option<When> {
    let small = ["a", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    let word = small.iter().position(|word| *word == count).map(|at| at as u64 + 1);
    let count = word.or_else(|| (count == "an").then_some(1)).or_else(|| count.parse().ok())?;
    Some(When::Ago(seconds(unit)?.checked_mul(count)?))
}

fn seconds(unit: &str) -> Option<u64> {
    Some(match unit.strip_suffix('s').unwrap_or(unit) {
        "minute" => 60,
        "hour" => 60 * 60,
        "day" => DAY,
        "week" => 7 * DAY,
        "fortnight" => 14 * DAY,
        "month" => 30 * DAY,
        "quarter" => 91 * DAY,
        "year" => 365 * DAY,
        _ => return None,
    })
}

fn weekday(day: &str) -> Option<When> {
    let at = WEEKDAYS.iter().position(|name| *name == day)?;
    Some(When::Weekday(at as u64))
}

fn date(text: &str) -> Option<When> {
    let text = text.to_uppercase();
    if text.len() < 4 || !text.bytes().take(4).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let whole = match text.matches('-').count() {
        _ if text.contains('T') => text,
        2 => format!("{text}T00:00:00Z"),
        1 => format!("{text}-01T00:00:00Z"),
        _ => format!("{text}-01-01T00:00:00Z"),
    };
    whole.parse().ok().map(When::At)
}

impl When {
    /// The moment that is meant; `None` when it takes a time that is not known.
    pub(super) fn moment(self, now: Option<DateTime<FixedOffset>>) -> Option<Timestamp> {
        if let Self::At(time) = self {
            return Some(time);
        }
        let now = now?;
        let first = |form: &str| now.format(form).to_string().parse::<Timestamp>().ok();
        let begin = |days: u64| ago(first("%Y-%m-%dT00:00:00%:z")?, days * DAY);
        let weekday: u64 = now.format("%u").to_string().parse().ok()?;
        match self {
            Self::At(time) => Some(time),
            Self::Ago(seconds) => ago(now.to_utc(), seconds),
            Self::Days(days) => begin(days),
            Self::Begin("month") => first("%Y-%m-01T00:00:00%:z"),
            Self::Begin("year") => first("%Y-01-01T00:00:00%:z"),
            Self::Begin(_) => begin(weekday - 1),
            Self::Weekday(day) => begin((weekday + 6 - day) % 7),
        }
    }
}

/// Nobody asks for more than some centuries; a time that no calendar has would be a fault.
fn ago(time: Timestamp, seconds: u64) -> Option<Timestamp> {
    (seconds < 500 * 365 * DAY).then(|| time - Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builtin::words::{text, words};

    #[test]
    fn phrases_of_time_are_taken_out_of_a_question() {
        // A Sunday.
        let now = now(
            "You are.\n\nIt is 2026-11-22 12:43 UTC. You see all.\nIt is 1999-01-01 00:00 UTC.",
        );
        for (said, rest, moment) in [
            ("what changed today", "what changed", "2026-11-22T00:00:00Z"),
            ("what changed today in api", "what changed in api", "2026-11-22T00:00:00Z"),
            ("what changed since yesterday?", "what changed", "2026-11-21T00:00:00Z"),
            ("what changed in api this week", "what changed in api", "2026-11-16T00:00:00Z"),
            ("what changed this month", "what changed", "2026-11-01T00:00:00Z"),
            ("what changed this year", "what changed", "2026-01-01T00:00:00Z"),
            ("in the last 3 days", "", "2026-11-19T12:43:00Z"),
            ("last two weeks", "", "2026-11-08T12:43:00Z"),
            ("2 hours ago", "", "2026-11-22T10:43:00Z"),
            ("x since monday", "x", "2026-11-16T00:00:00Z"),
            ("x since sunday", "x", "2026-11-22T00:00:00Z"),
            ("x since 2026-11-01", "x", "2026-11-01T00:00:00Z"),
            ("x since 2026-11-01T10:00:00Z", "x", "2026-11-01T10:00:00Z"),
            ("x since 2025", "x", "2025-01-01T00:00:00Z"),
            ("within the past hour", "", "2026-11-22T11:43:00Z"),
        ] {
            let (left, when) = take(&words(said));
            assert_eq!(text(&left), rest, "{said}");
            assert_eq!(written(when.unwrap().moment(now).unwrap()), moment, "{said}");
        }
        for said in
            ["what changed in week 3", "what changed in README.md", "since 99999999999999 years"]
        {
            let moment = take(&words(said)).1.and_then(|when| when.moment(now));
            assert_eq!(moment, None, "{said}");
        }
        assert_eq!(When::Ago(1).moment(None), None, "it has no clock of its own");
    }

    #[test]
    fn days_are_those_of_the_zone_that_is_told() {
        // A Tuesday there already.
        let now = now(
            "It is 2026-11-30 23:30 UTC, and 2026-12-01 00:30+01:00 in Europe/Berlin, whose days are.",
        );
        for (said, moment) in [
            ("today", "2026-11-30T23:00:00Z"),
            ("this week", "2026-11-29T23:00:00Z"),
            ("this month", "2026-11-30T23:00:00Z"),
            ("since tuesday", "2026-11-30T23:00:00Z"),
            ("last hour", "2026-11-30T22:30:00Z"),
        ] {
            let when = take(&words(said)).1;
            assert_eq!(written(when.unwrap().moment(now).unwrap()), moment, "{said}");
        }
    }
}
