//! Tests of the scenario room as a whole, by files.

use super::*;

/// Loads a text as the file "test.json", without files beside it.
fn load_text(text: &str) -> Result<Plan, Problems> {
    load(&Source { name: "test.json", text }, &NoFiles, &Overrides::default())
}

/// The smallest scenario with `more` put before its end.
fn small(more: &str) -> String {
    template("smallest").replacen("\"policies\"", &format!("{more}\n  \"policies\""), 1)
}

/// Checks that a committed file of this folder is what the code gives; with UPDATE_EXPECTED set, rewrites it.
fn assert_file(name: &str, current: &str) {
    let path = format!("{}/src/scenario/{name}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        std::fs::write(&path, current).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
    let line = committed.lines().zip(current.lines()).position(|(a, b)| a != b);
    assert!(
        committed == current,
        "{name} differs from line {:?} on; if that is meant: UPDATE_EXPECTED=1 cargo test -p sim-core scenario::\n{current}",
        line.map(|line| line + 1),
    );
}

/// Files of the example scenarios.
struct Examples;

impl Files for Examples {
    fn read(&self, path: &str) -> Result<String, String> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/");
        std::fs::read_to_string(format!("{folder}{path}")).map_err(|error| error.to_string())
    }
}

/// Checks that the resolved form loads to the same scenario and resolves to itself.
fn assert_round_trip(plan: &Plan, files: &dyn Files) {
    for variation in &plan.variations {
        let text = serde_json::to_string_pretty(&variation.tree()).unwrap();
        let again = load(&Source { name: "again.json", text: &text }, files, &Overrides::default());
        let again = again.unwrap_or_else(|problems| panic!("{problems}\n{text}"));
        assert_eq!(format!("{:?}", again.variations[0].scenario), format!("{:?}", variation.scenario));
        assert_eq!(again.variations[0].tree(), variation.tree());
    }
}

#[test]
fn examples_load_and_resolve_to_themselves() {
    let names = [
        "archive.json",
        "backbone-cut.json",
        "bufferbloat.json",
        "cold-load-pickup.json",
        "edge-ring.json",
        "first.json",
        "heat-wave.json",
        "ideal-queue.json",
        "inference-mesh.json",
        "isp-cabinet.json",
        "metastable.json",
        "million.json",
        "monoculture.json",
        "nine-nines.json",
        "pays-or-not.json",
        "render-farm.json",
        "single-point.json",
        "small-or-big.json",
        "smallest.json",
        "storm-front.json",
        "year.json",
    ];
    for name in names {
        let text = Examples.read(name).unwrap();
        let plan = load(&Source { name, text: &text }, &Examples, &Overrides::default());
        let plan = plan.unwrap_or_else(|problems| panic!("{problems}"));
        assert!(plan.warnings.is_empty(), "{}", plan.warnings[0].render("warning"));
        assert_round_trip(&plan, &Examples);
    }
}

#[test]
fn templates_load_without_warnings() {
    for (name, _) in templates() {
        let plan = load_text(&template(name)).unwrap_or_else(|problems| panic!("{problems}"));
        assert_eq!(plan.name, *name);
        assert!(plan.warnings.is_empty(), "{}", plan.warnings[0].render("warning"));
        assert_round_trip(&plan, &NoFiles);
    }
    assert!(template("smallest").lines().count() < 15);
    assert_eq!(load_text(&template("my \"own\" one")).unwrap().name, "my \"own\" one");
}

#[test]
fn every_catalog_entry_loads_and_names_its_sources() {
    let mut seen = std::collections::BTreeSet::new();
    for kind in catalog::kinds() {
        for entry in catalog::entries(kind.name) {
            assert!(seen.insert(&entry.name), "two entries are named {}", entry.name);
            assert!(!entry.title.is_empty(), "{} has no title", entry.name);
            let name = &entry.name;
            let text = match kind.name {
                "nodes" => template("smallest").replace("\"server\": {}", &format!("\"server\": \"{name}\"")),
                "weather" | "grid" => {
                    small(&format!("\"regions\": {{ \"here\": {{ \"{}\": \"{name}\" }} }},", kind.name))
                }
                "cooling" => template("smallest")
                    .replace("{ \"nodes\": {", &format!("{{ \"cooling\": \"{name}\", \"nodes\": {{")),
                "hardware" => template("smallest")
                    .replace("\"server\": {}", &format!("\"server\": {{ \"hardware\": \"{name}\" }}")),
                "repair" => {
                    let hardware = format!("{{ \"faults\": {{ \"up\": \"1 y\" }}, \"repair\": \"{name}\" }}");
                    template("smallest")
                        .replace("\"server\": {}", &format!("\"server\": {{ \"hardware\": {hardware} }}"))
                }
                "reward" | "cloud" => small(&format!("\"economics\": {{ \"{}\": \"{name}\" }},", kind.name)),
                "objects" => template("smallest")
                    .replace("\"plain\": {}", &format!("\"plain\": {{ \"objects\": \"{name}\" }}")),
                field => template("smallest")
                    .replace("{ \"racks\"", &format!("{{ \"{field}\": \"{name}\", \"racks\"")),
            };
            assert!(text.contains(name.as_str()), "{name} was not put in");
            let plan = load_text(&text).unwrap_or_else(|problems| panic!("{name}: {problems}"));
            assert_round_trip(&plan, &NoFiles);
            assert_sources(entry);
        }
    }
    assert!(catalog::entry("mini-pc").is_some() && catalog::entry("health.probe").is_some());
    assert!(catalog::entry("mini-pcs").is_none());
}

#[test]
fn every_way_of_routing_and_protecting_requests_names_its_source() {
    let mut seen = std::collections::BTreeSet::new();
    for entry in catalog::entries(catalog::POLICIES) {
        assert!(seen.insert(&entry.name), "{} is listed twice", entry.name);
        if entry.name.starts_with("routing.") || entry.name.starts_with("requests.") {
            let group = entry.name.split('.').next().unwrap_or_default();
            let source = entry.sources.get(&format!("/{group}"));
            let source = source.unwrap_or_else(|| panic!("{} has no source", entry.name));
            assert!(["[L]", "[M]", "[C]"].iter().any(|mark| source.contains(mark)), "{source}");
        }
    }
    assert!(seen.len() > 30, "{seen:?}");
}

/// Every field of the entry has a source with a mark.
fn assert_sources(entry: &catalog::Entry) {
    for (pointer, source) in &entry.sources {
        assert!(entry.value.pointer(pointer).is_some(), "{}: {pointer} points to nothing", entry.name);
        let marked = ["[L", "[M", "[C", "[A"].iter().any(|mark| source.contains(mark)) || pointer == "/from";
        assert!(marked, "{}: the source of {pointer} has no mark", entry.name);
    }
    for (key, value) in entry.value.as_object().unwrap() {
        let below = |key: String| entry.sources.contains_key(&key);
        let items =
            value.as_array().is_some_and(|items| (0..items.len()).all(|at| below(format!("/{key}/{at}"))));
        assert!(items || below(format!("/{key}")), "{}: /{key} has no source", entry.name);
    }
}

mod expansion;
mod fuzz;
mod problems;
mod senseless;
mod values;
mod weather;
