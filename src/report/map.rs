//! Where the sites are: regions on an equirectangular map, circles by number of sites, shaded by time up.
//!
//! The coast in `page/land.path` is Natural Earth's 1:110 million land (public domain), in tenths of a degree, thinned to a
//! quarter of a degree.

use super::Of;
use super::html::{Cell, Table, escape};
use super::svg::{figure, short};
use serde_json::Value;
use sim_core::measure::catalog::{format_plus_minus, format_value};
use sim_core::measure::stats::Estimate;
use std::fmt::Write;

const LAND: &str = include_str!("page/land.path");
const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 400.0;
/// Degrees that are shown at least.
const LEAST: (f64, f64) = (26.0, 13.0);
/// Shades of time up, from low to high.
const SHADES: usize = 5;

/// One region.
struct Region<'a> {
    name: &'a str,
    /// Latitude and longitude in degrees.
    location: Option<(f64, f64)>,
    sites: u64,
    nodes: Option<u32>,
    /// Time up by policy, over replications; empty where records do not hold it.
    uptime: Vec<Option<Estimate>>,
}

impl Region<'_> {
    fn mean(&self) -> Option<f64> {
        let known: Vec<f64> = self.uptime.iter().flatten().map(|it| it.mean).collect();
        (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
    }
}

/// The coast, once for all maps of the page.
pub fn land(page: &str) -> String {
    if !page.contains("href=\"#land\"") {
        return String::new();
    }
    let coast = LAND.trim().replace('\n', "");
    format!(
        "<svg width=\"0\" height=\"0\" aria-hidden=\"true\"><defs><path id=\"land\" d=\"{coast}\"/></defs></svg>\n"
    )
}

/// The map where regions have locations, and a table of regions.
pub fn html(of: &Of<'_>) -> String {
    let regions = regions(of);
    // One region says nothing that the figures of nodes do not.
    if regions.len() < 2 {
        return String::new();
    }
    map(&regions) + &table(of, &regions)
}

fn regions<'a>(of: &Of<'a>) -> Vec<Region<'a>> {
    let resolved: &'a Value = of.resolved;
    let mut regions: Vec<Region<'a>> = Vec::new();
    for entry in resolved["fleet"].as_array().into_iter().flatten() {
        let Some(name) = entry["region"].as_str() else { continue };
        let sites = entry["sites"].as_u64().unwrap_or(1);
        match regions.iter_mut().find(|it| it.name == name) {
            Some(region) => region.sites += sites,
            None => regions.push(region(of, name, sites)),
        }
    }
    regions
}

fn region<'a>(of: &Of<'a>, name: &'a str, sites: u64) -> Region<'a> {
    let location = &of.resolved["regions"][name]["location"];
    let location = location[0].as_f64().zip(location[1].as_f64());
    let spread = |policy: &str| {
        let runs =
            of.records.iter().filter(move |it| it.policy == policy).filter_map(|it| it.spread.as_ref());
        runs.filter_map(|it| it.regions.get(name)).collect::<Vec<_>>()
    };
    let nodes = of.policies().flat_map(|(_, policy)| spread(policy)).map(|it| it.nodes).next();
    let uptime = of
        .policies()
        .map(|(_, policy)| Estimate::of(&spread(policy).iter().map(|it| it.uptime).collect::<Vec<_>>()));
    Region { name, location, sites, nodes, uptime: uptime.collect() }
}

/// What part of the Earth is shown: centre, and units of the drawing for a degree along both axes.
struct View {
    middle: (f64, f64),
    scale: (f64, f64),
}

impl View {
    fn of(places: &[(f64, f64)]) -> Self {
        let ends = |all: Vec<f64>| {
            let low = all.iter().copied().fold(f64::INFINITY, f64::min);
            (low, all.iter().copied().fold(f64::NEG_INFINITY, f64::max))
        };
        let (south, north) = ends(places.iter().map(|it| it.0).collect());
        let (west, east) = ends(places.iter().map(|it| it.1).collect());
        let middle = (f64::midpoint(south, north), f64::midpoint(west, east));
        // Degrees of longitude are as much shorter as they are at the middle.
        let squeeze = middle.0.to_radians().cos().max(0.2);
        let (high, wide) = (((north - south) * 1.5).max(LEAST.1), ((east - west) * 1.4).max(LEAST.0));
        let scale = (WIDTH / (wide * squeeze)).min(HEIGHT / high);
        Self { middle, scale: (scale * squeeze, scale) }
    }

    fn at(&self, (latitude, longitude): (f64, f64)) -> (f64, f64) {
        (
            WIDTH / 2.0 + (longitude - self.middle.1) * self.scale.0,
            HEIGHT / 2.0 - (latitude - self.middle.0) * self.scale.1,
        )
    }
}

fn map(regions: &[Region<'_>]) -> String {
    let places: Vec<(f64, f64)> = regions.iter().filter_map(|it| it.location).collect();
    if places.is_empty() {
        return String::new();
    }
    let view = View::of(&places);
    let (x, y) = view.at((0.0, 0.0));
    let mut body = format!(
        "<rect class=\"sea\" width=\"{WIDTH}\" height=\"{HEIGHT}\"/><use class=\"land\" href=\"#land\" transform=\"translate({} {}) scale({:.4} {:.4})\"/>",
        short(x),
        short(y),
        view.scale.0 / 10.0,
        view.scale.1 / 10.0,
    );
    body += &graticule(&view);
    let most = regions.iter().map(|it| it.sites).max().unwrap_or(1).max(1) as f64;
    let means: Vec<f64> = regions.iter().filter_map(Region::mean).collect();
    let (low, high) =
        means.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), it| (a.min(*it), b.max(*it)));
    let mut labels: Vec<(f64, f64, f64)> = Vec::new();
    for region in regions {
        let Some(location) = region.location else { continue };
        let (x, y) = view.at(location);
        let radius = 6.0 + 20.0 * (region.sites as f64 / most).sqrt();
        let shade = region.mean().map_or(SHADES, |mean| {
            if high > low {
                ((mean - low) / (high - low) * (SHADES as f64 - 0.01)) as usize
            } else {
                SHADES - 1
            }
        });
        let title = format!("{}: {}", region.name, said(region));
        let _ = write!(
            body,
            "<g class=\"mark site u{shade}\"><title>{}</title><circle class=\"hit\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{:.1}\"/><circle class=\"place\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\"/></g>",
            escape(&title),
            radius.max(12.0)
        );
        body += &label(region, (x, y, radius), &mut labels);
    }
    let note = "<p class=\"note\">Area of a circle: number of sites. Darker: more time up, all policies together. Coast: Natural Earth.</p>";
    figure((WIDTH, HEIGHT), "Sites by region", "Map of regions with sites and time up", &body, note)
}

/// The name and time up of a region beside its circle, moved down where another one stands.
fn label(region: &Region<'_>, (x, y, radius): (f64, f64, f64), labels: &mut Vec<(f64, f64, f64)>) -> String {
    let text = match region.mean() {
        Some(mean) => format!("{} {}", region.name, format_value("nodes.uptime", mean)),
        None => region.name.to_owned(),
    };
    let width = super::svg::text_width(&text);
    let right = x + radius + 6.0 + width < WIDTH;
    let (from, anchor) = if right { (x + radius + 5.0, "start") } else { (x - radius - 5.0, "end") };
    let left_end = if right { from } else { from - width };
    let mut at = y + 4.0;
    while labels.iter().any(|(a, b, row)| (row - at).abs() < 15.0 && left_end < *b && left_end + width > *a) {
        at += 15.0;
    }
    labels.push((left_end, left_end + width, at));
    format!(
        "<text class=\"over\" x=\"{from:.1}\" y=\"{at:.1}\" text-anchor=\"{anchor}\">{}</text>",
        escape(&text)
    )
}

/// Parallels and meridians, every five, ten or thirty degrees.
fn graticule(view: &View) -> String {
    let across = WIDTH / view.scale.0;
    let step = if across > 150.0 {
        30
    } else if across > 50.0 {
        10
    } else {
        5
    };
    let mut lines = String::new();
    for degrees in (-180..=180).step_by(step) {
        let (x, _) = view.at((0.0, f64::from(degrees)));
        if (0.0..=WIDTH).contains(&x) {
            let _ = write!(
                lines,
                "<path class=\"grid\" d=\"M{x:.1} 0V{HEIGHT}\"/><text class=\"small\" x=\"{:.1}\" y=\"{}\">{}</text>",
                x + 3.0,
                HEIGHT - 5.0,
                degree(degrees, 'E', 'W')
            );
        }
        let (_, y) = view.at((f64::from(degrees), 0.0));
        if degrees.abs() <= 90 && (12.0..=HEIGHT - 14.0).contains(&y) {
            let _ = write!(
                lines,
                "<path class=\"grid\" d=\"M0 {y:.1}H{WIDTH}\"/><text class=\"small\" x=\"4\" y=\"{:.1}\">{}</text>",
                y - 3.0,
                degree(degrees, 'N', 'S')
            );
        }
    }
    lines
}

fn degree(degrees: i32, positive: char, negative: char) -> String {
    match degrees {
        0 => "0°".to_owned(),
        d if d > 0 => format!("{d}° {positive}"),
        d => format!("{}° {negative}", -d),
    }
}

fn said(region: &Region<'_>) -> String {
    let nodes = region.nodes.map_or_else(String::new, |nodes| format!(", {nodes} nodes"));
    let up =
        region.mean().map_or_else(String::new, |mean| format!(", {} up", format_value("nodes.uptime", mean)));
    format!("{} sites{nodes}{up}", region.sites)
}

fn table(of: &Of<'_>, regions: &[Region<'_>]) -> String {
    let known = regions.iter().any(|it| it.mean().is_some());
    let row = |region: &Region<'_>| {
        let mut row =
            vec![Cell::text(region.name), Cell::number(&region.sites.to_string(), region.sites as f64)];
        row.push(
            region.nodes.map_or_else(Cell::none, |nodes| Cell::number(&nodes.to_string(), f64::from(nodes))),
        );
        for uptime in region.uptime.iter().filter(|_| known) {
            row.push(uptime.as_ref().map_or_else(Cell::none, |it| {
                Cell::number(&format_plus_minus("nodes.uptime", it.mean, it.half_width()), it.mean)
            }));
        }
        row
    };
    let mut head = vec!["region".to_owned(), "sites".to_owned(), "nodes".to_owned()];
    head.extend(of.policies().filter(|_| known).map(|(_, name)| escape(name)));
    let caption = if known { "Time up by region and policy" } else { "Sites by region" };
    Table::new(caption, head, regions.iter().map(row).collect()).html()
}
