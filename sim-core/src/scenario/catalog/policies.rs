//! Where the defaults of policies come from. A field of a policy that must be given has no default, and so no source here.

use indexmap::IndexMap;

/// Group and name of an option, pointer into its value, source with its mark.
const SOURCES: &[(&str, &str, &str, &str)] = &[
    (
        "network",
        "fast_reroute",
        "/network/fast_reroute/detection",
        "[A] 50 ms: loss of light or three hellos of 10 ms missed, rounded up to the bound that carriers ask of protection switching (SONET, ITU-T G.841 [M])",
    ),
    (
        "network",
        "overlay",
        "/network/overlay/detection",
        "[M] 18 s: mean time to detect and route around a failure in RON (Andersen and others, SOSP 2001)",
    ),
    (
        "health",
        "probe",
        "/health/probe/misses",
        "[A] 1: the plainest detector; more misses trade delay for fewer mistakes",
    ),
    (
        "routing",
        "power_of_choices",
        "/routing/power_of_choices/choices",
        "[M] 2: most of the gain over random comes with the second choice (Mitzenmacher, IEEE TPDS 12(10), 2001)",
    ),
    (
        "requests",
        "backoff",
        "/requests/backoff",
        "[M] factor 2: binary exponential backoff (IEEE 802.3); [A] max 1 h, so high that it rarely binds; [A] jitter 0, so that jitter is a choice and seen in the file",
    ),
    (
        "requests",
        "hedge",
        "/requests/hedge",
        "[M] max 1: one backup request, as in Dean and Barroso, The Tail at Scale, CACM 56(2), 2013",
    ),
    ("requests", "attempts", "/requests/attempts", "[A] 1: no protection unless asked for"),
    ("requests", "copies", "/requests/copies", "[A] 1: no protection unless asked for"),
    ("requests", "quorum", "/requests/quorum", "[A] 1: any answer will do unless more are asked for"),
    (
        "requests",
        "cancel",
        "/requests/cancel",
        "[A] true: what theory of redundant requests assumes (Gardner and others, Operations Research 65(4), 2017 [M])",
    ),
    ("energy", "heed_notice", "/energy/heed_notice", "[A] false: no protection unless asked for"),
    ("energy", "on_battery", "/energy/on_battery", "[A] run: no protection unless asked for"),
    (
        "energy",
        "battery_cap",
        "/energy/battery_cap",
        "[C] 0.5: by the law of caps work goes on at 0.5^0.3 = 0.81 of its speed [L: graphics cards], for half of its power",
    ),
];

/// The sources of an option, by pointer.
pub(super) fn sources(group: &str, name: &str) -> IndexMap<String, String> {
    let of_option = SOURCES.iter().filter(|(of, option, ..)| (*of, *option) == (group, name));
    of_option.map(|(_, _, pointer, source)| ((*pointer).to_owned(), (*source).to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{POLICIES, entries};
    use super::SOURCES;

    #[test]
    fn every_source_is_of_an_option_and_every_default_has_one() {
        let options = entries(POLICIES);
        for (group, name, pointer, source) in SOURCES {
            let option = options.iter().find(|option| option.name == format!("{group}.{name}"));
            let option = option.unwrap_or_else(|| panic!("there is no option {group}.{name}"));
            assert!(
                option.value.pointer(pointer).is_some(),
                "{pointer} points to nothing in {}",
                option.value
            );
            assert!(["[L]", "[M]", "[C]", "[A]"].iter().any(|mark| source.contains(mark)), "{source}");
        }
        // Fields of requests and energy show their default, or that they may be left out.
        for option in options.iter().filter(|option| option.sources.is_empty()) {
            let (group, name) = option.name.split_once('.').expect("a group and a name");
            if ["requests", "energy"].contains(&group) {
                let default = &option.value[group][name];
                assert!(default == "left out", "the default of {} has no source", option.name);
            }
        }
        let schema = crate::scenario::schema();
        for (definition, field) in [
            ("FastRerouteKind", "detection"),
            ("OverlayKind", "detection"),
            ("ProbeKind", "misses"),
            ("PowerOfChoicesKind", "choices"),
            ("ExponentialBackoff", "factor"),
            ("ExponentialBackoff", "max"),
            ("ExponentialBackoff", "jitter"),
            ("HedgeKind", "max"),
        ] {
            let told =
                schema["$defs"][definition]["properties"][field]["description"].as_str().unwrap_or_default();
            assert!(
                ["[L]", "[M]", "[C]", "[A]"].iter().any(|mark| told.contains(mark)),
                "{definition}.{field}: {told}"
            );
        }
    }
}
