//! Doubts about the world: power, links and software that are surely not meant so.

use super::Doubt;
use crate::quantity::Watts;
use crate::scenario::cost::mean;
use crate::scenario::spec::{FaultAction, FleetEntry, Scenario};
use crate::scenario::tree::escape;

/// What IEEE 1159 still calls a sag; a longer one is a sustained undervoltage.
const SAG_SECONDS_MAX: f64 = 60.0;

/// Where the grid of fleet entry number `index` is written.
pub(super) fn grid_of(index: usize, entry: &FleetEntry) -> String {
    if entry.grid.is_some() {
        format!("/fleet/{index}/grid")
    } else {
        format!("/regions/{}/grid", escape(&entry.region))
    }
}

/// Adds what is doubtful.
pub(super) fn doubts(scenario: &Scenario, found: &mut Vec<Doubt>) {
    for (index, entry) in scenario.fleet.iter().enumerate() {
        long_sags(scenario, index, entry, found);
        too_much_load(scenario, index, entry, found);
        links(scenario, index, entry, found);
        inrush(scenario, entry, found);
    }
    idle_faults(scenario, found);
    for (name, _) in scenario.nodes.iter().filter(|(_, it)| it.boot.is_none() && it.boot_power != 1.0) {
        found.push(Doubt {
            pointer: format!("/nodes/{}/boot_power", escape(name)),
            message: format!("`{name}` has a `boot_power`, but boots in no time"),
            help: "add `boot`, the time it takes, or leave `boot_power` out".to_owned(),
        });
    }
    for (name, software) in &scenario.software {
        if software.bug.is_none() && scenario.software.values().all(|it| it.bug.is_none()) {
            found.push(Doubt {
                pointer: format!("/software/{}", escape(name)),
                message: format!(
                    "version `{name}` has no bug, and no other has: versions make no difference"
                ),
                help: "add `bug` to one, or leave `software` out".to_owned(),
            });
        }
    }
}

/// Faults that do nothing. Zero is not refused: it is where a sweep begins.
fn idle_faults(scenario: &Scenario, found: &mut Vec<Doubt>) {
    for (index, fault) in scenario.faults.iter().enumerate() {
        let nothing = match &fault.action {
            FaultAction::Loss { p } => *p <= 0.0,
            FaultAction::Sag { depth } => *depth <= 0.0,
            FaultAction::Heat { rise } => rise.0 <= 0.0,
            FaultAction::Latency { add } => add.supremum() <= 0.0,
            FaultAction::Slow { factor } => (factor - 1.0).abs() < f64::EPSILON,
            _ => false,
        };
        if nothing || fault.share <= 0.0 {
            found.push(Doubt {
                pointer: format!("/faults/{index}/{}", fault.action.name()),
                message: format!("fault `{}` does nothing", fault.name),
                help: "more than nothing, unless it is what others are compared with".to_owned(),
            });
        }
    }
}

/// Sags that on average are longer than sags are.
fn long_sags(scenario: &Scenario, index: usize, entry: &FleetEntry, found: &mut Vec<Doubt>) {
    let Some(grid) = entry.grid.as_ref().or(scenario.regions[&entry.region].grid.as_ref()) else { return };
    for seconds in grid.sags.iter().map(|sags| mean(&sags.lasts)).filter(|it| *it > SAG_SECONDS_MAX) {
        found.push(Doubt {
            pointer: format!("{}/sags", grid_of(index, entry)),
            message: format!(
                "sags of {seconds:.0} s on average: beyond a minute IEEE 1159 calls it a sustained undervoltage"
            ),
            help: "`brownouts` are those: loads draw more current meanwhile; sags are ridden through or not, by ITIC".to_owned(),
        });
    }
}

/// Breakers and UPSs that cannot even carry idle nodes.
fn too_much_load(scenario: &Scenario, index: usize, entry: &FleetEntry, found: &mut Vec<Doubt>) {
    let racks = entry.racks.iter().flat_map(|rack| rack.nodes.iter().map(move |kind| (rack.count, kind)));
    let idle: f64 = racks
        .map(|(racks, (name, count))| f64::from(racks) * f64::from(*count) * scenario.nodes[name].idle.0)
        .sum();
    let caps = scenario.policies.values().any(|policy| policy.energy.power_cap.is_some());
    if let Some(ups) = &entry.ups
        && let Some(power) = ups.power
        && power.0 < idle
    {
        found.push(Doubt {
            pointer: format!("/fleet/{index}/ups"),
            message: format!(
                "the UPS carries {power}, but idle nodes alone draw {}: it never takes over",
                Watts(idle)
            ),
            help: "a greater `power`, or fewer nodes at a site".to_owned(),
        });
    }
    if let Some(breaker) = &entry.breaker {
        let carried = breaker.rating.0 * breaker.voltage.0 * breaker.trip_ratio.supremum();
        if carried < idle && !caps {
            found.push(Doubt {
                pointer: format!("/fleet/{index}/breaker"),
                message: format!(
                    "the breaker carries {} for ever, but idle nodes alone draw {}: it always trips",
                    Watts(carried),
                    Watts(idle)
                ),
                help: "a greater `rating`, or fewer nodes at a site".to_owned(),
            });
        }
    }
}

/// Sharing and feeding of links that is not there.
fn links(scenario: &Scenario, index: usize, entry: &FleetEntry, found: &mut Vec<Doubt>) {
    let outages = entry.link.as_ref().and_then(|link| link.outages.as_ref());
    if outages.is_some_and(|outages| outages.shared_by_isp) && entry.isp.is_none() {
        found.push(Doubt {
            pointer: format!("/fleet/{index}/link/outages/shared_by"),
            message: format!(
                "link outages are shared by the ISP, but `{}` names none: all such sites of the region go down together",
                entry.name
            ),
            help: "add `isp` to the fleet entry".to_owned(),
        });
    }
    let cabinet = entry.isp.as_ref().and_then(|isp| scenario.isps.get(isp)?.cabinet.as_ref());
    let grid = entry.grid.as_ref().or(scenario.regions[&entry.region].grid.as_ref());
    let fails = grid.is_some_and(|grid| {
        !grid.outages.is_empty()
            || grid.planned.is_some()
            || grid.rolling.is_some()
            || grid.storm_damage.is_some()
    });
    let cut = scenario.faults.iter().any(|fault| matches!(fault.action, FaultAction::GridOutage));
    if let (Some(isp), Some(_)) = (&entry.isp, cabinet)
        && !fails
        && !cut
    {
        found.push(Doubt {
            pointer: format!("/isps/{}/cabinet", escape(isp)),
            message: format!("cabinets live on mains, but those of `{}` never fail", entry.name),
            help: "add `grid` with `outages` to the region or the fleet entry".to_owned(),
        });
    }
}

/// Inrush that no magnetic release notices.
fn inrush(scenario: &Scenario, entry: &FleetEntry, found: &mut Vec<Doubt>) {
    let noticed =
        |entry: &FleetEntry| entry.breaker.as_ref().is_some_and(|breaker| breaker.magnetic.is_some());
    if scenario.fleet.iter().any(noticed) {
        return;
    }
    for name in entry.racks.iter().flat_map(|rack| rack.nodes.keys()) {
        if scenario.nodes[name].inrush > 0.0 {
            found.push(Doubt {
                pointer: format!("/nodes/{}/inrush", escape(name)),
                message: format!(
                    "`inrush` of `{name}`, but no site has a breaker with a `magnetic` release to notice it"
                ),
                help: "add `breaker` with `magnetic` to the fleet, or leave `inrush` out".to_owned(),
            });
        }
    }
}
