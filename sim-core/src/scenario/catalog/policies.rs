//! Where the defaults of policies come from. A field of a policy that must be given has no default, and so no source here.

use crate::scenario::tree::Node;
use indexmap::IndexMap;

/// Where options and their defaults come from, by name of the option, then JSON Pointer into its value.
pub(super) fn sources() -> IndexMap<String, IndexMap<String, String>> {
    let text = include_str!("policies.jsonc");
    let Ok(json) = Node::parse(text).map(|node| node.to_json()) else {
        panic!("the sources of policies are not JSON");
    };
    serde_json::from_value(json).unwrap_or_else(|error| panic!("the sources of policies: {error}"))
}

#[cfg(test)]
mod tests {
    use super::super::{POLICIES, entries};
    use super::sources;

    #[test]
    fn every_source_is_of_an_option_and_every_default_has_one() {
        let options = entries(POLICIES);
        for (name, sources) in sources() {
            let option = options.iter().find(|option| option.name == name);
            let option = option.unwrap_or_else(|| panic!("there is no option {name}"));
            for (pointer, source) in sources {
                let found = option.value.pointer(&pointer);
                assert!(found.is_some(), "{pointer} points to nothing in {}", option.value);
                assert!(["[L]", "[M]", "[C]", "[A]"].iter().any(|mark| source.contains(mark)), "{source}");
            }
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
