//! What changes in the course of a run: nodes, sites, and what befalls them.

use super::Model;
use super::climate::Climate;
use super::model::{EntryModel, NodeClass};
use crate::kernel::{Handle, SimTime};
use crate::quantity::Watts;
use crate::scenario::{Discipline, Loss};
use crate::world::fleet::{DownReasons, FifoServer, NodeId, RackId, SiteId};
use crate::world::hardware::FaultProcess;
use crate::world::network::LinkState;
use crate::world::power::ride_through::STEADY_LIMIT;
use crate::world::power::{Battery, BreakerParams, BreakerState, DipProcess, OutageProcess};
use crate::world::sharing::FairShare;
use crate::world::thermal::NodeHeat;

/// Whether a node sleeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    Awake,
    Asleep,
    Waking,
}

/// A node. What every request asks for stands first, in one line of the cache; what is charged when power changes in the two after it.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub(super) struct Node {
    pub reasons: DownReasons,
    pub server: FifoServer,
    pub shared: Option<Box<SharedServer>>,
    pub site: SiteId,
    pub class: u16,
    pub rest: Rest,
    /// Whether heat throttles it.
    pub throttled: bool,
    /// The harder of two stages of slowing down.
    pub slowed: bool,
    /// Whether it is throttled on purpose.
    pub forced: bool,
    /// Whether `heat_check` is an exact crossing at the present power, not a bound.
    pub exact_check: bool,
    /// Whether power is back but the node waits for its turn to switch on.
    pub waiting: bool,
    /// The greatest power for which `heat_check` is early enough.
    pub checked_up_to: Watts,
    /// Draw since `energy_at`.
    pub power: Watts,
    /// Of the draw, what work adds and what the power supply loses.
    pub work: Watts,
    pub loss: Watts,
    /// Joules used until `energy_at`, and of them for work and lost.
    pub energy: f64,
    pub work_energy: f64,
    pub loss_energy: f64,
    pub energy_at: SimTime,
    pub heat: NodeHeat,
    /// Temperature of the case, where it has one.
    pub chassis: f64,
    /// Integral of the temperature until `heat.at`, where the node has masses.
    pub degree_seconds: f64,
    /// Joules on top of `energy` at nominal power that leakage drew, or saved below its reference.
    pub leak_energy: f64,
    /// The draw of leakage that breaker, UPS and air see, the joules it came to, and the next look at it.
    pub leak: Watts,
    pub leak_seen: f64,
    /// Its rack, if the cooling of that has a state.
    pub rack: RackId,
    /// Thermal shutdowns so far.
    pub shutdowns: u32,
    pub leak_event: Handle,
    pub heat_check: Handle,
    /// Before this it does not start again after a thermal shutdown.
    pub restart_at: SimTime,
    /// Until when its power supply holds up.
    pub hold_until: SimTime,
    pub hold_event: Handle,
    /// How often it has been damaged from outside.
    pub damages: u32,
    pub boots: u32,
    /// End of the repair of damage.
    pub damage_event: Handle,
    pub faults: Option<FaultProcess>,
    pub fault_event: Handle,
    pub boot_event: Handle,
    /// End of sleep, or its beginning.
    pub rest_event: Handle,
    pub wakes: u32,
}

/// What is charged is in three lines of the cache.
const _: () = assert!(std::mem::offset_of!(Node, leak_event) <= 3 * 64);

impl Node {
    /// Whether heat slows it down, in either stage.
    pub fn is_throttled(&self) -> bool {
        self.throttled || self.slowed || self.forced
    }
}

/// A node's slots under processor sharing.
#[derive(Clone, Debug)]
pub(super) struct SharedServer {
    pub share: FairShare,
    pub event: Handle,
}

/// Where the power of a site comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Supply {
    Mains,
    Battery,
    Dead,
}

/// A site.
#[derive(Clone, Debug)]
pub(super) struct Site {
    /// Grid outages in force.
    pub outages: u32,
    pub breaker_open: bool,
    pub supply: Supply,
    pub breaker: BreakerState,
    pub breaker_event: Handle,
    pub trips: u32,
    pub battery: Battery,
    pub battery_event: Handle,
    pub calls: u32,
    /// Draw of the racks and their cooling since `load_at`.
    pub load: Watts,
    /// Draw of the UPS charger.
    pub charging: Watts,
    /// What dips, surges and old batteries add.
    pub power: SitePower,
    /// Joules used by cooling until `cooling_at`.
    pub cooling_energy: f64,
    /// Those of them that air conditioning drew on a circuit of its own, past the UPS.
    pub conditioning_energy: f64,
    pub cooling_at: SimTime,
    /// Rooms and racks.
    pub climate: Climate,
    /// Link outages in force.
    pub link_outages: u32,
    pub link: LinkState,
    /// Rate-limited directions, up and down.
    pub transfers: Option<Box<[Transfer; 2]>>,
}

/// One rate-limited direction of an access link.
#[derive(Clone, Debug)]
pub(super) struct Transfer {
    pub share: Option<FairShare>,
    pub event: Handle,
}

/// The state of a site that not every scenario needs.
#[derive(Clone, Debug)]
pub(super) struct SitePower {
    /// Sags in force that reach the load.
    pub sags: u32,
    /// Brownouts in force at which nothing runs.
    pub undervoltage: u32,
    /// Dips in force: domain, and share of the voltage left.
    pub dips: Vec<(u32, f64)>,
    /// Surges so far.
    pub surges: u32,
    /// The characteristic of the breaker.
    pub breaker: Option<BreakerParams>,
    /// Share of the rating that the breaker has in the heat.
    pub rating: f64,
    pub breaker_check: Handle,
    /// When the rating is looked at again, and up to which heat of the room in watts that is early enough.
    pub breaker_look: SimTime,
    pub breaker_heat: f64,
    /// Other loads on the circuit.
    pub neighbour: Watts,
    pub neighbours: DipProcess,
    /// What nodes that switched on at `inrush_at` drew at first.
    pub inrush: Watts,
    pub inrush_at: SimTime,
    /// When the battery dies, which one it is, and whether it is known to be dead.
    pub battery_dies: SimTime,
    pub battery_number: u32,
    pub found_dead: bool,
    /// Life used up by earlier batteries.
    pub age_before: f64,
    /// Life used up by all of them, in seconds at the reference temperature, until when.
    pub aged: f64,
    pub aged_at: SimTime,
    /// Joules taken from the mains, lost in the UPS, and brought in with new batteries.
    pub mains_energy: f64,
    pub loss_energy: f64,
    pub brought_energy: f64,
    /// Whether the battery carries the load for its worth, with mains there.
    pub trading: bool,
}

impl SitePower {
    fn new(model: &Model, entry: &EntryModel, site: SiteId) -> Self {
        let breaker = entry.breaker.as_ref();
        Self {
            sags: 0,
            undervoltage: 0,
            dips: Vec::new(),
            surges: 0,
            breaker: breaker.map(|b| BreakerParams::draw(&b.spec, &model.draws.power.tolerance, site.0)),
            rating: 1.0,
            breaker_check: Handle::NONE,
            breaker_look: SimTime::MAX,
            breaker_heat: f64::NEG_INFINITY,
            neighbour: Watts(0.0),
            neighbours: DipProcess::new(site.0),
            inrush: Watts(0.0),
            inrush_at: SimTime::MAX,
            battery_dies: SimTime::MAX,
            battery_number: 0,
            found_dead: false,
            age_before: 0.0,
            aged: 0.0,
            aged_at: SimTime::ZERO,
            mains_energy: 0.0,
            loss_energy: 0.0,
            brought_energy: 0.0,
            trading: false,
        }
    }

    /// Share of the voltage that the dips in force leave; what lies below the limit does not last.
    pub fn voltage(&self) -> f64 {
        self.dips.iter().map(|(_, left)| *left).fold(1.0, f64::min).max(STEADY_LIMIT)
    }
}

/// A group of sites that a grid outage takes down together.
#[derive(Clone, Debug)]
pub(super) struct OutageDomain {
    pub cause: u16,
    pub member: u32,
    pub process: OutageProcess,
    /// Outages so far.
    pub count: u32,
    /// The next storm or slot to look at.
    pub next: u32,
    /// The end of an outage that is known beforehand.
    pub until: SimTime,
    /// Whether policies have been told of the outage to come, or in force.
    pub announced: bool,
    /// Outages that are over.
    pub ended: u32,
    /// Its next outage, or the end of the one in force: since when it waits for that, and until when.
    pub pending: Handle,
    pub since: SimTime,
    pub at: SimTime,
}

/// A group of sites that share dips.
#[derive(Clone, Debug)]
pub(super) struct DipDomain {
    pub cause: u16,
    pub member: u32,
    pub process: DipProcess,
}

/// A group of sites that share surges.
#[derive(Clone, Debug)]
pub(super) struct SurgeDomain {
    pub cause: u16,
    pub member: u32,
    pub count: u32,
}

/// Node number `node` at t = 0.
pub(super) fn node(model: &Model, site: SiteId, node: NodeId, class: u16) -> Node {
    let kind: &NodeClass = &model.classes[usize::from(class)];
    let heat = match &kind.heat {
        Some(heat) => NodeHeat::ambient(SimTime::ZERO, &heat.params, &heat.air),
        None => NodeHeat { temperature: 0.0, at: SimTime::ZERO },
    };
    Node {
        site,
        class,
        reasons: DownReasons::default(),
        throttled: false,
        slowed: false,
        forced: false,
        rest: Rest::Awake,
        exact_check: false,
        checked_up_to: Watts(0.0),
        server: FifoServer::default(),
        shared: (kind.discipline == Discipline::Ps).then(|| {
            let share = FairShare::new(kind.slots, kind.speed);
            Box::new(SharedServer { share, event: Handle::NONE })
        }),
        power: Watts(0.0),
        work: Watts(0.0),
        loss: Watts(0.0),
        energy: 0.0,
        work_energy: 0.0,
        loss_energy: 0.0,
        energy_at: SimTime::ZERO,
        chassis: heat.temperature,
        degree_seconds: 0.0,
        leak_energy: 0.0,
        leak: Watts(0.0),
        leak_seen: 0.0,
        leak_event: Handle::NONE,
        shutdowns: 0,
        restart_at: SimTime::ZERO,
        rack: RackId::NONE,
        waiting: false,
        hold_until: SimTime::MAX,
        hold_event: Handle::NONE,
        damages: 0,
        damage_event: Handle::NONE,
        heat,
        heat_check: Handle::NONE,
        faults: kind.faults.as_ref().map(|faults| FaultProcess::new(node.0, faults, &model.draws.fault)),
        fault_event: Handle::NONE,
        boot_event: Handle::NONE,
        boots: 0,
        rest_event: Handle::NONE,
        wakes: 0,
    }
}

/// Site number `site` at t = 0.
pub(super) fn site(model: &Model, entry: &EntryModel, site: SiteId) -> Site {
    let loss: Option<&Loss> = entry.link.as_ref().and_then(|link| link.loss.as_ref());
    let rates = entry.link.as_ref().map(|link| [link.up, link.down]);
    let transfers =
        rates.filter(|rates| rates.iter().any(Option::is_some)).map(|rates| {
            Box::new(rates.map(|rate| Transfer {
                share: rate.map(|rate| FairShare::new(1, rate.0)),
                event: Handle::NONE,
            }))
        });
    Site {
        outages: 0,
        breaker_open: false,
        supply: Supply::Mains,
        breaker: BreakerState::default(),
        breaker_event: Handle::NONE,
        trips: 0,
        battery: match &entry.ups {
            Some(ups) => Battery::full(ups, SimTime::ZERO),
            None => Battery { charge: crate::quantity::Joules(0.0), at: SimTime::ZERO },
        },
        battery_event: Handle::NONE,
        calls: 0,
        load: Watts(0.0),
        charging: Watts(0.0),
        power: SitePower::new(model, entry, site),
        cooling_energy: 0.0,
        conditioning_energy: 0.0,
        cooling_at: SimTime::ZERO,
        climate: Climate::default(),
        link_outages: 0,
        link: LinkState::new(loss, &model.draws.link_state, site.0),
        transfers,
    }
}
