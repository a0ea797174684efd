//! Starting points for `brownout new`.

/// Names of the starting points, with what each is.
pub fn templates() -> &'static [(&'static str, &'static str)] {
    &[
        ("garage", "racks in hot garages: heat, outages, links and three policies"),
        ("smallest", "one node, one workload, one policy"),
    ]
}

/// A commented scenario called `name`: the starting point of that name, or else the one of garages. It loads as it is.
pub fn template(name: &str) -> String {
    let text = if name == "smallest" {
        include_str!("templates/smallest.jsonc")
    } else {
        include_str!("templates/garage.jsonc")
    };
    let quoted = serde_json::Value::from(name).to_string();
    text.replacen("\"NAME\"", &quoted, 1)
}
