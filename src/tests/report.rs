//! The page of results: what stands in it, and how a browser shows it.

use super::{Place, TINY};
use serde_json::Value;
use std::env;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Names that would break the page if they were taken for markup.
const NASTY: [(&str, &str); 3] =
    [("\"bare\"", "\"</script><b>bare\""), ("\"web\"", "\"<i>web&\""), ("six machines", "<img src=x>")];

fn nasty() -> String {
    let described = TINY.replace("\"seed\": 1,", "\"seed\": 1, \"description\": \"six machines\",");
    NASTY.iter().fold(described, |text, (name, nasty)| text.replace(name, nasty))
}

#[test]
fn the_page_stands_alone_and_tells_all() {
    let place = Place::with_tiny();
    place.run(&["run", "tiny.json"]).ok();
    let page = place.read("results/tiny/report.html");
    for id in [
        "verdict",
        "compare",
        "differences",
        "tiers",
        "latency",
        "nodes",
        "timeline",
        "detection",
        "metrics",
        "made",
    ] {
        assert!(page.contains(&format!("<section id=\"{id}\">")), "no section {id}");
    }
    let digest = place.digest("results/tiny");
    let command = "brownout run tiny.json --seed 1 --replications 4";
    for told in ["serves best", "requests.success_ratio", "adjusted p", "Tier I ", digest.as_str(), command] {
        assert!(page.contains(told), "{told} is missing");
    }
    for outside in ["http:", "https:", "url(", "@import", " src="] {
        assert!(!page.contains(outside), "the page refers to the outside with {outside}");
    }
    assert!(page.len() < 400_000, "{} bytes", page.len());
    let before = page;
    fs::remove_file(place.path("results/tiny/report.html")).expect("removed");
    place.run(&["plot", "results/tiny"]).ok();
    assert!(place.read("results/tiny/report.html") == before, "drawn again it is another page");
}

#[test]
fn settings_stand_in_the_command_that_makes_the_results_again() {
    let place = Place::with_tiny();
    place
        .run(&[
            "run",
            "tiny.json",
            "--policies",
            "bare",
            "--set",
            "/duration=5 min",
            "--seed",
            "7",
            "--out",
            "o",
        ])
        .ok();
    let page = place.read("o/report.html");
    let command = "brownout run tiny.json --seed 7 --replications 4 --policies bare --set &#39;/duration=&quot;5 min&quot;&#39;";
    assert!(page.contains(command), "{}", page.split("class=\"command\"").nth(1).unwrap_or_default());
}

#[test]
fn names_of_a_file_are_text_in_the_page() {
    let place = Place::with(&nasty());
    place.run(&["run", "tiny.json", "--replications", "2"]).ok();
    let page = place.read("results/tiny/report.html");
    assert_eq!(page.matches("</script>").count(), page.matches("<script").count());
    for markup in ["<b>bare", "<i>web", "<img"] {
        assert!(!page.contains(markup), "{markup} is markup");
    }
    assert!(page.contains("&lt;/script&gt;&lt;b&gt;bare"));
}

#[test]
fn a_browser_shows_the_page_at_every_width_without_complaint() {
    let Some(browser) = Browser::find() else { return };
    let place = Place::with(&nasty());
    place
        .run(&[
            "run",
            "tiny.json",
            "--replications",
            "3",
            "--set",
            r#"/vary={"/fleet/0/sites": [2, 4]}"#,
            "--set",
            "/blame=true",
        ])
        .ok();
    let results = place.path("results/tiny");
    fs::copy(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests/report.html"),
        results.join("driver.html"),
    )
    .expect("copied");
    let driver = results.join("driver.html");
    let ended = browser.open(&place, &driver, &["--dump-dom", "--virtual-time-budget=10000"]);
    let log = String::from_utf8_lossy(&ended.stderr);
    let complaints: Vec<_> = log.lines().filter(|line| line.contains("CONSOLE")).collect();
    assert!(complaints.is_empty(), "{complaints:?}");
    let dom = String::from_utf8_lossy(&ended.stdout);
    let seen =
        dom.split("<pre id=\"seen\">").nth(1).and_then(|rest| rest.split("</pre>").next()).unwrap_or("");
    let seen = seen.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    let seen: Value = serde_json::from_str(&seen).unwrap_or_else(|error| panic!("{error}: {dom}\n{log}"));
    assert_eq!(seen["errors"], Value::Array(Vec::new()));
    for (frame, width) in [("wide", 1280), ("phone", 390)] {
        let seen = &seen[frame];
        assert_eq!(seen["width"], width, "{seen}");
        assert!(seen["overflow"].as_i64() <= Some(0), "the page scrolls sideways at {width}: {seen}");
        assert!(seen["plots"].as_u64() > Some(20), "{seen}");
        assert_eq!((&seen["sorted"], &seen["theme"]), (&Value::Bool(true), &Value::Bool(true)), "{seen}");
        let (found, rows) = (seen["found"].as_u64(), seen["rows"].as_u64());
        assert!(found > Some(0) && found < rows, "{seen}");
        assert!(seen["tip"].as_str().is_some_and(|tip| tip.contains(" minus ")), "{seen}");
        assert!(seen["bin"].as_str().is_some_and(|tip| tip.contains("up: ")), "{seen}");
        assert_eq!((&seen["variations"], &seen["shown"]), (&Value::from(2), &Value::from("1")), "{seen}");
        assert!(seen["links"].as_u64() >= Some(10), "{seen}");
        assert_eq!(seen["outside"], Value::Array(Vec::new()), "it loads something");
        let bold = seen["bold"].as_array().expect("a list");
        assert!(bold.iter().any(|it| it == "</script><b>bare"), "{bold:?}");
    }
    let picture = place.path("page.png");
    let to = format!("--screenshot={}", picture.display());
    browser.open(&place, &results.join("report.html"), &[&to, "--window-size=1280,2000"]);
    let png = fs::read(&picture).expect("a screenshot");
    assert!(png.starts_with(b"\x89PNG") && png.len() > 50_000, "an empty page of {} bytes", png.len());
}

/// A Chromium of this machine.
struct Browser(PathBuf);

impl Browser {
    /// Says so, where there is none: past what the test runner keeps to itself.
    fn find() -> Option<Self> {
        let named = env::var_os("CHROMIUM").map(PathBuf::from);
        let path = env::var_os("PATH").unwrap_or_default();
        let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
        let mut places = env::split_paths(&path).flat_map(|folder| names.map(|name| folder.join(name)));
        let found = named.or_else(|| places.find(|it| it.is_file())).map(Self);
        if found.is_none() {
            let _ = writeln!(
                io::stderr(),
                "skipped: no Chromium here to show the report in (set CHROMIUM to one)"
            );
        }
        found
    }

    fn open(&self, place: &Place, page: &Path, arguments: &[&str]) -> Output {
        let profile = format!("--user-data-dir={}", place.path("profile").display());
        let mut command = Command::new(&self.0);
        command.args(["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]);
        command.args(["--allow-file-access-from-files", "--enable-logging=stderr", "--v=0", &profile]);
        command.args(arguments).arg(format!("file://{}", page.display()));
        command.output().expect("the browser starts")
    }
}
