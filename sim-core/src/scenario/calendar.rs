//! The local calendar: dates as seconds since 1970-01-01 00:00, by the proleptic Gregorian rules.

use super::LocalDateTime;
use std::fmt;

const DAY: i64 = 86_400;

/// Seconds since midnight of "15:00" or "15:00:30".
pub(super) fn parse_clock(text: &str) -> Option<u64> {
    let mut parts = text.split(':');
    let mut part = |limit: u64| {
        let text = parts.next()?;
        let number = text
            .parse::<u64>()
            .ok()
            .filter(|_| text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit()))?;
        (number < limit).then_some(number)
    };
    let (hours, minutes) = (part(24)?, part(60)?);
    let seconds = if text.len() > 5 { part(60)? } else { 0 };
    parts.next().is_none().then_some(hours * 3600 + minutes * 60 + seconds)
}

/// Days from 1970-01-01 to the date.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March, so that the leap day is the last of the year.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day of a number of days since 1970-01-01.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day = shifted.rem_euclid(146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, of_month)
}

fn month_length(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl LocalDateTime {
    /// The date and time of day; `None` if there is no such date.
    pub fn new(year: i64, month: i64, day: i64, second_of_day: i64) -> Option<Self> {
        let exists = (1..=9999).contains(&year)
            && (1..=12).contains(&month)
            && (1..=month_length(year, month)).contains(&day)
            && (0..=DAY).contains(&second_of_day);
        exists.then(|| Self { seconds: days(year, month, day) * DAY + second_of_day })
    }

    /// Reads "2024-07-01", "2024-07-01 00:00", "2024-07-01T00:00:00" (also with a final "Z" or zone offset, which is ignored: times are local).
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (date, clock) = match text.get(10..11) {
            None => (text, "00:00"),
            Some("T" | " ") => (text.get(..10)?, text.get(11..)?.trim()),
            Some(_) => return None,
        };
        let zone = clock.find(['Z', '+', '-']).unwrap_or(clock.len());
        let clock = clock[..zone].split('.').next()?;
        let number = |range: std::ops::Range<usize>| -> Option<i64> {
            let part = date.get(range)?;
            part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())?
        };
        if date.len() != 10 || date.get(4..5) != Some("-") || date.get(7..8) != Some("-") {
            return None;
        }
        let seconds = if clock == "24:00" { DAY } else { parse_clock(clock)? as i64 };
        Self::new(number(0..4)?, number(5..7)?, number(8..10)?, seconds)
    }

    /// Year, month, day and second of the day.
    pub fn parts(self) -> (i64, i64, i64, i64) {
        let (year, month, day) = civil(self.seconds.div_euclid(DAY));
        (year, month, day, self.seconds.rem_euclid(DAY))
    }
}

impl Default for LocalDateTime {
    /// Monday 2024-01-01 00:00.
    fn default() -> Self {
        Self { seconds: days(2024, 1, 1) * DAY }
    }
}

impl fmt::Display for LocalDateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day, second) = self.parts();
        write!(f, "{year:04}-{month:02}-{day:02} {:02}:{:02}", second / 3600, second / 60 % 60)?;
        if second % 60 == 0 { Ok(()) } else { write!(f, ":{:02}", second % 60) }
    }
}
