//! Transfers that several limits share: the link of a site and the gateway of a region.
//!
//! Where a gateway has a rate, every transfer is a flow of [`MaxMin`] over the links of its ends; a request crosses the
//! gateway and the downlink together, after its latency, and a reply the uplink and the gateway, before it. Where none
//! has, each transfer crosses one limit at most, and shares it by [`crate::world::sharing::FairShare`].

use super::super::links::{DOWN, UP};
use super::super::{Event, NetworkEvent, Simulation};
use super::model::FabricModel;
use crate::kernel::{Handle, SimTime};
use crate::quantity::Bytes;
use crate::world::fleet::{AttemptId, SiteId};
use crate::world::network::{MaxMin, Path};
use crate::world::workload::InstanceId;

/// What is transferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::simulation) enum Flow {
    /// A request or a reply.
    Attempt(AttemptId),
    /// An upload of others.
    Upload(u32),
    /// A shard that is moved for a repair.
    Shard(u32),
    /// The state of a job.
    Job(InstanceId),
    /// A shard that is read, written or leaves its node.
    Piece(u32),
}

/// Three bits of a number tell what flows.
const KIND: u32 = 0b111 << 29;
const JOB: u32 = 0b001 << 29;
const UPLOAD: u32 = 0b010 << 29;
const SHARD: u32 = 0b011 << 29;
const PIECE: u32 = 0b100 << 29;

impl Flow {
    /// Its number among all flows.
    pub(in crate::simulation) const fn number(self) -> u32 {
        match self {
            Self::Attempt(attempt) => attempt.0,
            Self::Upload(number) => number | UPLOAD,
            Self::Shard(number) => number | SHARD,
            Self::Job(instance) => instance.0 | JOB,
            Self::Piece(number) => number | PIECE,
        }
    }

    /// The flow of a number.
    pub(in crate::simulation) const fn of(number: u32) -> Self {
        match number & KIND {
            JOB => Self::Job(InstanceId(number & !KIND)),
            UPLOAD => Self::Upload(number & !KIND),
            SHARD => Self::Shard(number & !KIND),
            PIECE => Self::Piece(number & !KIND),
            _ => Self::Attempt(AttemptId(number)),
        }
    }
}

/// Where a transfer begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::simulation) enum End {
    /// At a site.
    Site(SiteId),
    /// At the gateway of a region.
    Gateway(u16),
    /// Somewhere on the Internet that limits nothing.
    Elsewhere,
}

/// All limits with the flows on them.
#[derive(Clone, Debug)]
pub(in crate::simulation) struct Fabric {
    links: MaxMin,
    event: Handle,
}

/// Who shares the uplink of a site.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::simulation) struct Share {
    /// Transfers under way.
    pub flows: usize,
    /// Bytes they have left, up to a bound.
    pub backlog: Bytes,
}

impl Fabric {
    pub(super) fn new(model: &FabricModel) -> Self {
        Self { links: MaxMin::new(model.capacities.iter().copied()), event: Handle::NONE }
    }
}

impl FabricModel {
    fn link(&self, end: End, direction: usize) -> Option<u32> {
        let pair = match end {
            End::Site(site) => site.0,
            End::Gateway(region) => self.sites + u32::from(region),
            End::Elsewhere => return None,
        };
        Some(2 * pair + direction as u32)
    }

    /// The limits between two ends, the links of sites included that limit nothing; empty if nothing limits at all.
    fn path(&self, from: End, to: End) -> Path {
        let path = Path::of([self.link(from, UP), self.link(to, DOWN)].into_iter().flatten());
        if path.links().iter().any(|link| self.limited[*link as usize]) { path } else { Path::default() }
    }
}

impl Simulation<'_> {
    /// The bytes a second at which a shard goes from a site to a gateway if nothing else is on the way; infinite without a limit.
    pub(in crate::simulation) fn rate_alone(&self, site: SiteId, gateway: End) -> f64 {
        let Some(model) = &self.model.network.fabric else {
            let (_, link) = self.model.way_of(site);
            return link.and_then(|way| way.link.up).map_or(f64::INFINITY, |rate| rate.0);
        };
        let ends = [model.link(End::Site(site), UP), model.link(gateway, DOWN)].into_iter().flatten();
        let limits = ends.filter(|link| model.limited[*link as usize]);
        limits.map(|link| model.capacities[link as usize]).fold(f64::INFINITY, f64::min)
    }

    /// Starts a transfer in the fabric; `None` if there is no fabric, false if nothing limits the transfer.
    pub(in crate::simulation) fn start_in_fabric(
        &mut self,
        flow: Flow,
        from: End,
        to: End,
        size: Bytes,
    ) -> Option<bool> {
        let now = self.engine.now();
        let model = self.model.network.fabric.as_ref()?;
        let fabric = self.network.fabric.as_mut()?;
        let path = model.path(from, to);
        if path.is_empty() || size.0 <= 0.0 {
            return Some(false);
        }
        fabric.links.start(now, flow.number(), path, size.0);
        self.reschedule_fabric();
        Some(true)
    }

    fn reschedule_fabric(&mut self) {
        let Some(fabric) = &mut self.network.fabric else { return };
        Self::cancel(&mut self.engine, &mut fabric.event);
        if let Some((at, _)) = fabric.links.next_completion() {
            fabric.event = self.engine.at(at.max(self.engine.now()), Event::Network(NetworkEvent::FlowDone));
        }
    }

    /// A transfer of the fabric is done.
    pub(in crate::simulation) fn flow_done(&mut self) {
        let now = self.engine.now();
        let Some(fabric) = &mut self.network.fabric else { return };
        fabric.event = Handle::NONE;
        let flow = Flow::of(fabric.links.complete(now));
        self.reschedule_fabric();
        self.flow_arrived(flow);
    }

    /// Takes all transfers of a site off the fabric and returns their numbers, and the bytes that they had left.
    pub(in crate::simulation) fn clear_fabric(&mut self, site: SiteId) -> Vec<(u32, f64)> {
        let now = self.engine.now();
        let Some(fabric) = &mut self.network.fabric else { return Vec::new() };
        let mut gone = Vec::new();
        for direction in [UP, DOWN] {
            for id in fabric.links.ids_on(2 * site.0 + direction as u32) {
                gone.push((id, fabric.links.cancel(now, id).unwrap_or(0.0)));
            }
        }
        self.reschedule_fabric();
        gone
    }

    /// Takes one transfer off the fabric; the bytes it had left, `None` if it was not there.
    pub(in crate::simulation) fn cancel_in_fabric(&mut self, flow: Flow) -> Option<f64> {
        let now = self.engine.now();
        let left = self.network.fabric.as_mut()?.links.cancel(now, flow.number())?;
        self.reschedule_fabric();
        Some(left)
    }

    /// From now on a direction of a site's link has this capacity.
    pub(super) fn set_site_capacity(&mut self, site: SiteId, direction: usize, capacity: f64) {
        let now: SimTime = self.engine.now();
        if let Some(fabric) = &mut self.network.fabric {
            fabric.links.set_capacity(now, 2 * site.0 + direction as u32, capacity);
            self.reschedule_fabric();
        } else if let Some(share) = self.sites[site.index()]
            .transfers
            .as_mut()
            .and_then(|transfers| transfers[direction].share.as_mut())
        {
            share.set_rate(now, capacity);
            self.reschedule_transfer(site, direction);
        }
    }

    /// Who shares the uplink of a site; bytes are counted up to `most`.
    pub(super) fn uplink_share(&self, site: SiteId, most: Bytes) -> Share {
        let now = self.engine.now();
        if let Some(fabric) = &self.network.fabric {
            let link = 2 * site.0 + UP as u32;
            let flows = fabric.links.flows_on(link);
            return Share { flows, backlog: Bytes(fabric.links.backlog(now, link, most.0)) };
        }
        let share = self.sites[site.index()].transfers.as_ref().and_then(|it| it[UP].share.as_ref());
        share.map_or_else(Share::default, |share| Share {
            flows: share.len(),
            backlog: Bytes(share.backlog(now, most.0)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_tell_flows_apart() {
        for flow in [
            Flow::Attempt(AttemptId(5)),
            Flow::Upload(5),
            Flow::Upload(0),
            Flow::Shard(0),
            Flow::Shard(7),
            Flow::Job(InstanceId(5)),
            Flow::Job(InstanceId(0)),
            Flow::Piece(3),
        ] {
            assert_eq!(Flow::of(flow.number()), flow);
        }
    }

    #[test]
    fn paths_cross_what_limits_them() {
        let model = FabricModel {
            capacities: vec![1.0; 8],
            limited: vec![true, true, false, false, false, false, true, false],
            sites: 2,
        };
        let path = |from, to| model.path(from, to).links().to_vec();
        let (a, b) = (End::Site(SiteId(0)), End::Site(SiteId(1)));
        assert_eq!(path(a, b), [0, 3]);
        assert_eq!(path(b, a), [2, 1]);
        assert_eq!(path(End::Gateway(1), b), [6, 3]);
        assert_eq!(path(End::Gateway(0), b), [0_u32; 0]);
        assert_eq!(path(a, End::Elsewhere), [0]);
    }
}
