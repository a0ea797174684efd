//! Policies in groups that are statistically apart: a compact display of all pairs.
//!
//! Two policies that share a letter are not told apart (Holm-adjusted p above 5 %, or a difference that is shown not to matter); two
//! without a common letter are. The letters come from inserting one difference after the other and absorbing what is contained
//! in another group (Piepho, J. Comput. Graph. Stat. 13, 2004). Letters go from the best mean on.

use super::{Comparison, PolicySummary, SIGNIFICANCE};
use crate::measure::catalog::{direction, is_headline};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// Policies with their letters, from the best mean on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ranking(pub IndexMap<String, String>);

impl Ranking {
    /// Whether any two policies are told apart.
    pub fn tells_apart(&self) -> bool {
        self.0
            .values()
            .any(|letters| self.0.values().any(|other| !letters.chars().any(|it| other.contains(it))))
    }
}

/// More groups than letters are not shown.
const GROUPS: usize = 26;

/// The rankings on all headline metrics.
pub(super) fn rank(
    policies: &IndexMap<String, PolicySummary>,
    comparisons: &[Comparison],
) -> IndexMap<String, Ranking> {
    let mut metrics: Vec<&str> = comparisons.iter().map(|it| it.metric.as_str()).collect();
    metrics.dedup();
    metrics.retain(|metric| is_headline(metric));
    let of = |metric: &str| Some((metric.to_owned(), one(metric, policies, comparisons)?));
    metrics.into_iter().filter_map(of).collect()
}

/// `None` where no p-value is known.
fn one(
    metric: &str,
    policies: &IndexMap<String, PolicySummary>,
    comparisons: &[Comparison],
) -> Option<Ranking> {
    let mut ranked: Vec<(&String, f64)> =
        policies.iter().filter_map(|(name, policy)| Some((name, policy.metrics.get(metric)?.mean))).collect();
    ranked.sort_by(|a, b| match direction(metric).prefers(a.1, b.1) {
        Some(true) => Ordering::Less,
        Some(false) => Ordering::Greater,
        None => Ordering::Equal,
    });
    let place = |name: &str| ranked.iter().position(|(it, _)| *it == name);
    let on_metric = comparisons.iter().filter(|it| it.metric == metric && it.p_adjusted.is_some());
    let mut apart = Vec::new();
    let mut known = false;
    for comparison in on_metric {
        known = true;
        let told =
            comparison.p_adjusted.is_some_and(|p| p <= SIGNIFICANCE) && comparison.immaterial != Some(true);
        if let (true, Some(a), Some(b)) = (told, place(&comparison.a), place(&comparison.b)) {
            apart.push((a.min(b), a.max(b)));
        }
    }
    known.then_some(())?;
    let groups = groups(ranked.len(), &apart).filter(|groups| groups.len() <= GROUPS)?;
    let letters = |place: usize| -> String {
        (b'a'..)
            .zip(&groups)
            .filter(|(_, group)| group[place])
            .map(|(letter, _)| char::from(letter))
            .collect()
    };
    Some(Ranking(
        ranked.iter().enumerate().map(|(place, (name, _))| ((*name).clone(), letters(place))).collect(),
    ))
}

/// The largest sets in which no two of `n` are apart, by their first member; `None` if there are very many.
fn groups(n: usize, apart: &[(usize, usize)]) -> Option<Vec<Vec<bool>>> {
    let mut groups = vec![vec![true; n]];
    for (a, b) in apart {
        let (both, mut kept): (Vec<_>, Vec<_>) = groups.into_iter().partition(|group| group[*a] && group[*b]);
        for group in both {
            for out in [*a, *b] {
                let mut smaller = group.clone();
                smaller[out] = false;
                kept.push(smaller);
            }
        }
        groups = absorbed(kept);
        if groups.len() > 40 * GROUPS {
            return None;
        }
    }
    groups.sort_by_key(|group| group.iter().map(|is_in| !is_in).collect::<Vec<_>>());
    Some(groups)
}

/// Without the sets that are contained in another.
fn absorbed(groups: Vec<Vec<bool>>) -> Vec<Vec<bool>> {
    let within = |a: &[bool], b: &[bool]| a.iter().zip(b).all(|(a, b)| !a || *b);
    let mut kept: Vec<Vec<bool>> = Vec::new();
    for group in groups {
        if !kept.iter().any(|other| within(&group, other)) {
            kept.retain(|other| !within(other, &group));
            kept.push(group);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_shared_by_those_not_told_apart() {
        let letters = |n, apart: &[(usize, usize)]| -> Vec<String> {
            let groups = groups(n, apart).expect("few");
            let of = |place: usize| {
                (b'a'..)
                    .zip(&groups)
                    .filter(|(_, group)| group[place])
                    .map(|(it, _)| char::from(it))
                    .collect()
            };
            (0..n).map(of).collect()
        };
        assert_eq!(letters(3, &[]), ["a", "a", "a"]);
        assert_eq!(letters(3, &[(0, 2)]), ["a", "ab", "b"]);
        assert_eq!(letters(3, &[(0, 1), (0, 2), (1, 2)]), ["a", "b", "c"]);
        // Two stay together, both apart from the others.
        assert_eq!(letters(4, &[(0, 2), (0, 3), (1, 2), (1, 3)]), ["a", "a", "b", "b"]);
        // Every pair that shares no letter was told apart, and no other.
        let apart = [(0, 3), (1, 4), (0, 4), (2, 4)];
        let shown = letters(5, &apart);
        for a in 0..5 {
            for b in a + 1..5 {
                let shares = shown[a].chars().any(|it| shown[b].contains(it));
                assert_eq!(!shares, apart.contains(&(a, b)), "{a} and {b}: {shown:?}");
            }
        }
    }
}
