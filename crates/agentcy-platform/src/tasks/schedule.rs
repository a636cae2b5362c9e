//! The ticks of a schedule in its time zone, also where clocks are put forward and back.

use agentcy_core::Timestamp;
use chrono::{DateTime, LocalResult, NaiveDateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use croner::{
    Cron,
    parser::{CronParser, Seconds, Year},
};

/// The most that clocks were ever put forward at once, and some: a whole day, at the date line.
const LONGEST_GAP: TimeDelta = TimeDelta::hours(26);

/// What is wrong with a schedule.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum InvalidSchedule {
    /// Its ticks.
    #[error("{0}")]
    Cron(String),
    /// Its time zone.
    #[error("a time zone of the IANA database, such as Europe/Berlin or UTC")]
    Timezone,
}

/// When something happens again and again: minute, hour, day, month and weekday in a time zone.
///
/// A time that is skipped where clocks are put forward is the next minute that there is, and one that comes twice where
/// they are put back is the first of the two. Where every hour is meant, it is every hour that passes.
#[derive(Debug, Clone)]
pub struct Schedule {
    cron: Cron,
    zone: Tz,
    is_hourly: bool,
}

impl Schedule {
    /// Reads what people write.
    pub fn parse(cron: &str, zone: &str) -> Result<Self, InvalidSchedule> {
        let zone = zone.parse().map_err(|_| InvalidSchedule::Timezone)?;
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed);
        let cron = parser.build().parse(cron);
        let cron = cron.map_err(|error| InvalidSchedule::Cron(error.to_string()))?;
        let is_hourly = (0..24).all(|hour| cron.pattern.hour_match(hour).unwrap_or(false));
        Ok(Self { cron, zone, is_hourly })
    }

    /// The first tick after a moment; none where there is no such day for ever.
    pub fn next_after(&self, moment: Timestamp) -> Option<Timestamp> {
        if self.is_hourly {
            let next = self.cron.find_next_occurrence(&moment.with_timezone(&self.zone), false);
            return next.ok().map(|tick| tick.to_utc());
        }
        // On the face of the clock, read as if there were but one: a later time there is never an earlier tick.
        let face = moment.with_timezone(&self.zone).naive_local().and_utc();
        let times = self.cron.iter_after(face);
        times.into_iter().find_map(|time| self.tick(time).filter(|tick| *tick > moment))
    }

    /// The last tick up to a moment, of those after another.
    pub fn last_between(&self, after: Timestamp, until: Timestamp) -> Option<Timestamp> {
        std::iter::successors(self.next_after(after), |tick| self.next_after(*tick))
            .take_while(|tick| *tick <= until)
            .last()
    }

    /// When the face of the clock first shows a time, or would have.
    fn tick(&self, face: DateTime<Utc>) -> Option<Timestamp> {
        let first = |time: NaiveDateTime| match self.zone.from_local_datetime(&time) {
            LocalResult::Single(tick) | LocalResult::Ambiguous(tick, _) => Some(tick.to_utc()),
            LocalResult::None => None,
        };
        let time = face.naive_utc();
        let minutes = (0..=LONGEST_GAP.num_minutes()).map(|later| time + TimeDelta::minutes(later));
        minutes.into_iter().find_map(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn ticks(cron: &str, zone: &str, after: &str, count: usize) -> Vec<String> {
        let schedule = Schedule::parse(cron, zone).unwrap();
        let zone: Tz = zone.parse().unwrap();
        std::iter::successors(schedule.next_after(at(after)), |tick| schedule.next_after(*tick))
            .take(count)
            .map(|tick| tick.with_timezone(&zone).format("%d %H:%M%:z").to_string())
            .collect()
    }

    #[test]
    fn a_time_that_is_skipped_comes_at_the_next_minute_that_there_is() {
        let berlin = |cron| ticks(cron, "Europe/Berlin", "2026-03-28T12:00:00Z", 2);
        assert_eq!(berlin("30 2 * * *"), ["29 03:00+02:00", "30 02:30+02:00"]);
        assert_eq!(berlin("0 2 * * *"), ["29 03:00+02:00", "30 02:00+02:00"]);
        assert_eq!(berlin("30 1,2 * * *"), ["29 01:30+01:00", "29 03:00+02:00"]);
        // All of them are the same minute, and that is one tick.
        assert_eq!(berlin("*/20 2 * * *"), ["29 03:00+02:00", "30 02:00+02:00"]);
        assert_eq!(berlin("0 2,3 * * *"), ["29 03:00+02:00", "30 02:00+02:00"]);
        let midnight = ticks("0 0 * * *", "America/Santiago", "2026-09-05T12:00:00Z", 2);
        assert_eq!(midnight, ["06 01:00-03:00", "07 00:00-03:00"]);
        let half = ticks("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", 2);
        assert_eq!(half, ["04 02:30+11:00", "05 02:15+11:00"]);
        // The day on which Samoa went to the other side of the date line.
        let day = ticks("0 12 30 12 *", "Pacific/Apia", "2011-12-01T00:00:00Z", 2);
        assert_eq!(day, ["31 00:00+14:00", "30 12:00+14:00"]);
    }

    #[test]
    fn a_time_that_comes_twice_is_one_tick() {
        let berlin = |cron| ticks(cron, "Europe/Berlin", "2026-10-24T20:00:00Z", 3);
        assert_eq!(berlin("30 2 * * *"), ["25 02:30+02:00", "26 02:30+01:00", "27 02:30+01:00"]);
        let halves = ["25 02:00+02:00", "25 02:30+02:00", "26 02:00+01:00"];
        assert_eq!(berlin("0,30 2 * * *"), halves);
        assert_eq!(berlin("*/30 2 * * *"), halves);
        assert_eq!(berlin("0 2,3 * * *"), ["25 02:00+02:00", "25 03:00+01:00", "26 02:00+01:00"]);
        // From within the second pass, too.
        let second = ticks("*/30 2 * * *", "Europe/Berlin", "2026-10-25T01:10:00Z", 1);
        assert_eq!(second, ["26 02:00+01:00"]);
    }

    #[test]
    fn every_hour_is_every_hour_that_passes() {
        let spring = ticks("30 * * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", 3);
        assert_eq!(spring, ["29 01:30+01:00", "29 03:30+02:00", "29 04:30+02:00"]);
        let autumn = ticks("30 * * * *", "Europe/Berlin", "2026-10-25T00:00:00Z", 3);
        assert_eq!(autumn, ["25 02:30+02:00", "25 02:30+01:00", "25 03:30+01:00"]);
    }

    #[test]
    fn ticks_rise_whatever_the_zone_and_each_follows_from_the_one_before() {
        for zone in ["Europe/Berlin", "America/Santiago", "Australia/Lord_Howe", "Asia/Kathmandu"] {
            for cron in ["*/7 * * * *", "*/13 0-3 * * *", "45 1 * * 0", "0 0 1 * *", "@daily"] {
                let schedule = Schedule::parse(cron, zone).unwrap();
                let mut last = at("2026-01-01T00:00:00Z");
                for _ in 0..2000 {
                    let next = schedule.next_after(last).unwrap();
                    assert!(next > last, "{cron} {zone} {last}");
                    let within = last + (next - last) / 2;
                    assert_eq!(schedule.next_after(within), Some(next), "{cron} {zone} {within}");
                    last = next;
                }
            }
        }
    }

    #[test]
    fn the_last_tick_of_a_while_is_found() {
        let schedule = Schedule::parse("*/10 * * * *", "UTC").unwrap();
        let (from, to) = (at("2026-01-01T00:00:00Z"), at("2026-01-01T00:59:59Z"));
        assert_eq!(schedule.last_between(from, to), Some(at("2026-01-01T00:50:00Z")));
        assert_eq!(schedule.last_between(from, at("2026-01-01T00:09:59Z")), None);
        assert_eq!(
            schedule.last_between(from, at("2026-01-01T00:10:00Z")),
            Some(at("2026-01-01T00:10:00Z"))
        );
    }

    #[test]
    fn what_is_no_schedule_is_refused_and_what_never_comes_has_no_tick() {
        for bad in ["", "* * * *", "* * * * * *", "61 * * * *", "@reboot", "0 0 0 1 1 2030", "x"] {
            assert!(matches!(Schedule::parse(bad, "UTC"), Err(InvalidSchedule::Cron(_))), "{bad}");
        }
        for bad in ["", "Berlin", "CEST+2", "europe/berlin "] {
            let parsed = Schedule::parse("* * * * *", bad).map(drop);
            assert_eq!(parsed, Err(InvalidSchedule::Timezone), "{bad}");
        }
        let never = Schedule::parse("0 0 31 2 *", "UTC").unwrap();
        assert_eq!(never.next_after(at("2026-01-01T00:00:00Z")), None);
    }
}
