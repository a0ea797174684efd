//! Numbers for people.

/// A count with its noun, in the plural where there is more or less than one.
pub fn counted(count: usize, noun: &str) -> String {
    match (count, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{count} {stem}ies"),
        _ => format!("{count} {noun}s"),
    }
}

/// A large number in two or three digits: 999, 12 k, 3.4 M, 1.2 G.
pub fn about(number: f64) -> String {
    let (scaled, suffix) = match number {
        n if n >= 1e12 => (n / 1e12, " T"),
        n if n >= 1e9 => (n / 1e9, " G"),
        n if n >= 1e6 => (n / 1e6, " M"),
        n if n >= 1e3 => (n / 1e3, " k"),
        n => (n, ""),
    };
    let decimals = usize::from(scaled < 9.95 && !suffix.is_empty());
    format!("{scaled:.decimals$}{suffix}")
}

/// An amount of memory.
pub fn bytes(number: f64) -> String {
    let (scaled, unit) = match number {
        n if n >= 1_073_741_824.0 => (n / 1_073_741_824.0, "GiB"),
        n if n >= 1_048_576.0 => (n / 1_048_576.0, "MiB"),
        n => (n / 1024.0, "KiB"),
    };
    let decimals = usize::from(scaled < 9.95);
    format!("{scaled:.decimals$} {unit}")
}

/// A simulated duration.
pub fn simulated(seconds: f64) -> String {
    let units = [(86_400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s")];
    let (size, unit) = units.into_iter().find(|(size, _)| seconds >= *size).unwrap_or((1.0, "s"));
    format!("{} {unit}", (seconds / size * 100.0).round() / 100.0)
}

/// A duration on this machine.
pub fn elapsed(seconds: f64) -> String {
    match seconds {
        s if s < 10.0 => format!("{s:.1} s"),
        s if s < 120.0 => format!("{s:.0} s"),
        s => format!("{:.1} min", s / 60.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_are_short() {
        assert_eq!(
            [about(999.0), about(1234.0), about(12_345.0), about(3.44e6)],
            ["999", "1.2 k", "12 k", "3.4 M"]
        );
        assert_eq!([bytes(2048.0), bytes(1.5e7), bytes(2.2e9)], ["2.0 KiB", "14 MiB", "2.0 GiB"]);
        assert_eq!(
            [counted(1, "run"), counted(4, "run"), counted(2, "policy")],
            ["1 run", "4 runs", "2 policies"]
        );
    }
}
