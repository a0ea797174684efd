//! Table files: comma-separated values with a header line.
//!
//! Lines that are empty or begin with `#` are skipped. Fields may stand in double quotes. Times are local: an ISO date
//! with a time of day, or "07-15 13" (or "07-15 13:00") for a year that is not a certain one. Readings must be equidistant.

use super::LocalDateTime;
use crate::kernel::SimDuration;

/// A column of numbers, with the line of each, and the times beside it.
pub(super) struct Column {
    pub(super) values: Vec<f64>,
    pub(super) lines: Vec<usize>,
    pub(super) times: Option<Times>,
    pub(super) sha256: String,
}

/// The times of the rows, in seconds since 1970 local time.
pub(super) struct Times {
    pub(super) seconds: Vec<i64>,
    /// The times name no year: they are those of a typical, non-leap one.
    pub(super) yearless: bool,
}

/// The fields of a line, without white space around them and without their quotes.
fn fields(line: &str) -> Vec<String> {
    let (mut fields, mut field, mut quoted) = (Vec::new(), String::new(), false);
    for letter in line.chars() {
        match letter {
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(std::mem::take(&mut field).trim().to_owned()),
            _ => field.push(letter),
        }
    }
    fields.push(field.trim().to_owned());
    fields
}

/// Lines with their numbers, without comments and empty ones.
fn rows(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line));
    lines.filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'))
}

/// Names of the columns of a table.
pub(super) fn header(text: &str) -> Vec<String> {
    rows(text).next().map(|(_, header)| fields(header)).unwrap_or_default()
}

/// The column `name` of a table, and the column `time` if one is named.
pub(super) fn column(text: &str, name: &str, time: Option<&str>) -> Result<Column, String> {
    let mut rows = rows(text);
    let (_, header) = rows.next().ok_or("the file has no header line")?;
    let header = fields(header);
    let place = |name: &str| {
        header.iter().position(|field| field == name).ok_or_else(|| {
            let names: Vec<&str> = header.iter().map(String::as_str).collect();
            format!("there is no column `{name}`; {}", super::problem::accepted(name, &names))
        })
    };
    let (at, time_at) = (place(name)?, time.map(place).transpose()?);
    let (mut values, mut lines, mut seconds, mut yearless) = (Vec::new(), Vec::new(), Vec::new(), None);
    for (line, row) in rows {
        let row = fields(row);
        let cell = |at: usize| row.get(at).map_or("", String::as_str);
        let value = cell(at).parse::<f64>().ok().filter(|value| value.is_finite());
        values.push(value.ok_or_else(|| {
            format!("line {line}: {:?} in column `{name}` is not a finite number", cell(at))
        })?);
        lines.push(line);
        if let Some(time_at) = time_at {
            let (second, without_year) = parse_time(cell(time_at)).ok_or_else(|| {
                format!(
                    "line {line}: {:?} is not a local time like \"2024-07-01T13:00\" or \"07-01 13\"",
                    cell(time_at)
                )
            })?;
            if *yearless.get_or_insert(without_year) != without_year {
                return Err(format!("line {line}: some times have a year and some have none"));
            }
            seconds.push(second);
        }
    }
    if values.is_empty() {
        return Err("the file has no rows".to_owned());
    }
    let times = time_at.map(|_| Times { seconds, yearless: yearless.unwrap_or(false) });
    Ok(Column { values, lines, times, sha256: super::plan::sha256(text.as_bytes()) })
}

/// Seconds since 1970 of a local time; times without a year are put into 2023. Also whether it had none.
fn parse_time(text: &str) -> Option<(i64, bool)> {
    if let Some(date) = LocalDateTime::parse(text) {
        return Some((date.seconds, false));
    }
    let (date, clock) = text.split_once([' ', 'T'])?;
    let hour = if clock.len() == 2 { format!("{clock}:00") } else { clock.to_owned() };
    LocalDateTime::parse(&format!("2023-{date} {hour}")).map(|date| (date.seconds, true))
}

/// A year without leap day, in seconds.
const YEAR: i64 = 365 * 86_400;

/// Readings from t = 0 on, at a fixed step.
pub(super) struct Series {
    /// Time between two readings.
    pub(super) step: SimDuration,
    /// The readings; after the last comes the first again.
    pub(super) values: Vec<f64>,
}

/// The step of a series of times, or the line where it is broken.
fn step(column: &Column, times: &[i64]) -> Result<i64, String> {
    let step = match times {
        [first, second, ..] => second - first,
        _ => return Err("one row has no step; at least two are needed".to_owned()),
    };
    if step <= 0 {
        return Err(format!("line {}: times do not ascend", column.lines[1]));
    }
    for (row, pair) in times.windows(2).enumerate() {
        let gap = pair[1] - pair[0];
        // The rows of a typical year may come from several years: a step over New Year is one of the time of year.
        if gap != step && (gap - step).rem_euclid(YEAR) != 0 {
            let line = column.lines[row + 1];
            return Err(format!(
                "line {line}: {gap} s after the row before, but the step of the file is {step} s; fill the gap"
            ));
        }
    }
    Ok(step)
}

/// Aligns readings with the local time of t = 0.
///
/// Without times, the first reading is that of t = 0 and the readings are `default_step` apart. With times that cover a
/// whole year, or name no year, the reading of the same month, day and hour is taken, and the year of 365 days wraps around (a run over 29 February is a day ahead from
/// then on). With other
/// times, `start` and `start + duration` must lie within them.
pub(super) fn align(
    column: &Column,
    start: LocalDateTime,
    duration: i64,
    default_step: SimDuration,
) -> Result<Series, String> {
    let Some(times) = &column.times else {
        return Ok(Series { step: default_step, values: column.values.clone() });
    };
    let step = step(column, &times.seconds)?;
    let (first, rows) = (times.seconds[0], column.values.len() as i64);
    let offset = start.seconds - first;
    let inside = offset >= 0 && offset + duration <= rows * step;
    let (values, offset) = if inside && !times.yearless {
        (column.values.clone(), offset)
    } else if (rows + 1) * step >= YEAR {
        typical_year(column, times, start, step)?
    } else {
        let last = LocalDateTime { seconds: first + (rows - 1) * step };
        return Err(format!(
            "the readings from {} to {last} do not cover the run, which begins {start}",
            LocalDateTime { seconds: first }
        ));
    };
    Ok(Series { step: SimDuration::from_secs(step.unsigned_abs()), values: shifted(values, offset, step) })
}

/// One year of readings by time of year, and how far into it `start` is.
fn typical_year(
    column: &Column,
    times: &Times,
    start: LocalDateTime,
    step: i64,
) -> Result<(Vec<f64>, i64), String> {
    if YEAR % step != 0 {
        return Err(format!("a step of {step} s does not divide a year"));
    }
    let slots = (YEAR / step) as usize;
    let mut year: Vec<Option<f64>> = vec![None; slots];
    for (value, seconds) in column.values.iter().zip(&times.seconds) {
        let slot = (second_of_year(LocalDateTime { seconds: *seconds }) / step) as usize;
        year[slot.min(slots - 1)].get_or_insert(*value);
    }
    // A file may lack its very last hour (the first of the next year): repeat the reading before it.
    let mut last = *year.iter().rev().flatten().next().ok_or("the file has no rows")?;
    let mut missing = 0;
    for slot in &mut year {
        match slot {
            Some(value) => last = *value,
            None => {
                missing += 1;
                *slot = Some(last);
            }
        }
    }
    if missing > 1 {
        return Err(format!("{missing} readings of the year are missing"));
    }
    Ok((year.into_iter().flatten().collect(), second_of_year(start)))
}

/// Seconds since the beginning of a year without leap day; 29 February counts as the 28th.
fn second_of_year(date: LocalDateTime) -> i64 {
    let (_, month, day, second) = date.parts();
    let day = if (month, day) == (2, 29) { 28 } else { day };
    let of_year = |month, day| LocalDateTime::new(2023, month, day, 0).map_or(0, |date| date.seconds);
    of_year(month, day) - of_year(1, 1) + second
}

/// The readings from `offset` seconds on, wrapped around; between two readings the line is followed.
fn shifted(values: Vec<f64>, offset: i64, step: i64) -> Vec<f64> {
    let rows = values.len() as i64;
    let (whole, part) = (offset.div_euclid(step), offset.rem_euclid(step));
    if whole.rem_euclid(rows) == 0 && part == 0 {
        return values;
    }
    let share = part as f64 / step as f64;
    let at = |index: i64| values[index.rem_euclid(rows) as usize];
    (0..rows).map(|row| at(row + whole) + share * (at(row + whole + 1) - at(row + whole))).collect()
}
