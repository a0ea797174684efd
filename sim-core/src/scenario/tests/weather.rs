//! Weather from files: columns, units, alignment to the start of the run, and gaps.

use super::*;
use crate::kernel::SimDuration;

/// One file called "w.csv".
struct Table(String);

impl Files for Table {
    fn read(&self, path: &str) -> Result<String, String> {
        if path == "w.csv" { Ok(self.0.clone()) } else { Err(format!("there is no file {path}")) }
    }
}

/// The step and the readings of a run that starts at `start`, with these fields of the weather.
fn series(table: &str, start: &str, fields: &str) -> Result<(SimDuration, Vec<f64>), String> {
    let weather = format!(
        "\"start\": \"{start}\", \"regions\": {{ \"r\": {{ \"weather\": {{ \"file\": \"w.csv\", \"column\": \"t\", {fields} }} }} }},"
    );
    let files = Table(table.to_owned());
    let plan = load(&Source { name: "w.json", text: &small(&weather) }, &files, &Overrides::default());
    let plan = plan.map_err(|problems| problems.to_string())?;
    assert_round_trip(&plan, &files);
    match &plan.variations[0].scenario.regions[0].weather.as_ref().unwrap().base {
        WeatherBase::Series { step, celsius } => Ok((*step, celsius.to_vec())),
        other => panic!("{other:?}"),
    }
}

const HOUR: SimDuration = SimDuration::from_secs(3600);

#[test]
fn a_file_without_times_begins_with_the_run() {
    let table = "# measured by hand\nt,other\n10,1\n\n12.5,2\n# a pause\n\"15\",3\n";
    let (step, values) = series(table, "2024-07-01", "\"unit\": \"C\"").unwrap();
    assert_eq!((step, values), (HOUR, vec![10.0, 12.5, 15.0]));
    let (step, values) = series(table, "2024-07-01", "\"unit\": \"F\", \"step\": \"30 min\"").unwrap();
    assert_eq!(step, SimDuration::from_secs(1800));
    assert!((values[0] + 12.222).abs() < 0.001, "{values:?}");
    let (_, values) = series(
        &table.replace("10", "300").replace("12.5", "300").replace("15", "300"),
        "2024-07-01",
        "\"unit\": \"K\"",
    )
    .unwrap();
    assert!((values[0] - 26.85).abs() < 1e-9, "{values:?}");
}

/// 48 hours from 2024-07-01 00:00, the reading is the hour.
fn two_days() -> String {
    let rows = (0..48).map(|hour| format!("2024-07-{:02} {:02}:00,{hour}\n", 1 + hour / 24, hour % 24));
    format!("when,t\n{}", rows.collect::<String>())
}

#[test]
fn measured_hours_are_those_of_the_run() {
    let fields = "\"unit\": \"C\", \"time\": \"when\"";
    let (step, values) = series(&two_days(), "2024-07-02 05:00", fields).unwrap();
    assert_eq!((step, values[0], values[1], values.len()), (HOUR, 29.0, 30.0, 48));
    let (_, values) = series(&two_days(), "2024-07-02 05:15", fields).unwrap();
    assert_eq!(values[0], 29.25);
    let outside = series(&two_days(), "2024-07-03 05:00", fields).unwrap_err();
    assert!(outside.contains("do not cover the run"), "{outside}");
    assert!(series(&two_days(), "2024-06-30 23:30", fields).unwrap_err().contains("do not cover the run"));
}

#[test]
fn a_typical_year_is_taken_by_the_time_of_year_and_wraps() {
    let mut table = "time,t\n".to_owned();
    let first = LocalDateTime::parse("2023-01-01").unwrap().seconds;
    for (hour, second) in (first..first + 365 * 86_400).step_by(3600).enumerate() {
        let (_, month, day, second) = LocalDateTime { seconds: second }.parts();
        table.push_str(&format!("{month:02}-{day:02}T{:02},{}\n", second / 3600, hour as f64 / 256.0));
    }
    let hour = |start: &str| {
        let (step, values) = series(&table, start, "\"unit\": \"C\"").unwrap_or_else(|it| panic!("{it}"));
        assert_eq!((step, values.len()), (HOUR, 8760));
        (values[0] * 256.0, values[8759] * 256.0)
    };
    assert_eq!(hour("2024-01-01 00:00"), (0.0, 8759.0));
    assert_eq!(hour("2018-06-20 00:00"), (170.0 * 24.0, 170.0 * 24.0 - 1.0));
    assert_eq!(hour("2024-12-31 23:00"), (8759.0, 8758.0));
    assert_eq!(hour("2024-03-01 00:00"), (59.0 * 24.0, 59.0 * 24.0 - 1.0));
    assert_eq!(hour("2024-02-29 06:00").0, 58.0 * 24.0 + 6.0);
    let gap = table.replacen("03-05T07,", "# 03-05T07,", 1);
    let gap = series(&gap, "2024-01-01", "\"unit\": \"C\"").unwrap_err();
    assert!(gap.contains("line 1522: 7200 s after the row before"), "{gap}");
}

#[test]
fn the_committed_weather_files_align() {
    for (name, start, expected) in
        [("denver-tmy3", "2018-06-26", None), ("miami-tmy2", "2024-01-01", Some(22.2))]
    {
        let text = small(&format!(
            "\"start\": \"{start}\", \"regions\": {{ \"r\": {{ \"weather\": {{ \"file\": \"data/{name}.csv\", \"column\": \"temperature_C\", \"unit\": \"C\" }} }} }},"
        ));
        let plan = load(&Source { name: "w.json", text: &text }, &Examples, &Overrides::default()).unwrap();
        let WeatherBase::Series { celsius, .. } =
            &plan.variations[0].scenario.regions[0].weather.as_ref().unwrap().base
        else {
            panic!("a series")
        };
        assert_eq!(celsius.len(), 8760);
        // The hottest day of the Denver year reaches 40 °C in its afternoon.
        let afternoon = celsius[12..18].iter().copied().fold(f64::MIN, f64::max);
        assert!(expected.map_or(afternoon > 38.0, |first: f64| celsius[0] == first), "{name}: {afternoon}");
    }
}

#[test]
fn wrong_tables_are_refused_with_the_line() {
    let unit = "\"unit\": \"C\"";
    for (table, fields, reason) in [
        ("", unit, "no header line"),
        ("t\n", unit, "no rows"),
        ("temp\n1\n", unit, "there is no column `t`; accepted: `temp`"),
        ("t\n1\nx\n", unit, "line 3: \"x\" in column `t` is not a finite number"),
        ("t\n1\nNaN\n", unit, "line 3"),
        ("t\n80\n", unit, "a reading of 80.0 C is no weather"),
        ("t\n1\n", "\"unit\": \"R\"", "accepted: \"C\", \"F\", \"K\""),
        ("t\n1\n", "\"step\": \"1 h\"", "missing field `unit`"),
        ("t,time\n1,noon\n", unit, "line 2: \"noon\" is not a local time"),
        ("t,time\n1,2024-01-01\n", unit, "one row has no step"),
        ("t,time\n1,2024-01-02\n1,2024-01-01\n", unit, "line 3: times do not ascend"),
        ("t,time\n1,2024-01-01\n1,01-02 00\n", unit, "some times have a year"),
        ("t\n1\n", "\"unit\": \"C\", \"sha256\": \"00\"", "is not the file this was written for"),
        ("t\n1\n", "\"unit\": \"C\", \"constant\": \"3 C\"", "exactly one of"),
    ] {
        let problems = series(table, "2024-01-01", fields).expect_err(reason);
        assert!(problems.contains(reason), "{table:?} {fields}: {problems}");
    }
}

#[test]
fn storms_and_heat_waves_stand_in_the_region_or_in_the_weather() {
    let waves = r#""heat_waves": {"every": "5 d", "for": "2 d", "rise": "8 K"}"#;
    let storms = r#""storms": {"every": {"exponential": {"mean": "5 d"}}, "for": "2 h"}"#;
    let weather = |region: &str| {
        let plan = load_text(&small(&format!("\"regions\": {{ \"r\": {{ {region} }} }},")))
            .unwrap_or_else(|it| panic!("{it}"));
        assert_round_trip(&plan, &NoFiles);
        plan.variations[0].scenario.regions[0].weather.clone().expect("there is weather")
    };
    let inside = weather(&format!("\"weather\": {{\"constant\": \"30 C\", {waves}, {storms}}}"));
    let beside = weather(&format!("\"weather\": {{\"constant\": \"30 C\"}}, {waves}, {storms}"));
    assert_eq!(format!("{inside:?}"), format!("{beside:?}"));
    assert!(inside.heat_waves.is_some() && inside.storms.is_some());
    let alone = weather(storms);
    assert!(alone.storms.is_some() && matches!(alone.base, WeatherBase::Constant(_)));
    let replaced = weather(&format!("\"weather\": \"phoenix-summer\", {waves}"));
    assert_eq!(replaced.heat_waves.unwrap().rise.0, 8.0);
}
