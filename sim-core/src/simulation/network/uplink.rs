//! The queue before a busy uplink, and the uploads of others that keep it busy.
//!
//! Where a link has a `buffer`, small messages wait behind the transfers on the uplink ([`crate::world::network::uplink`]):
//! replies, once their own transfer is done, and health messages. Health watches look ahead, which they cannot do where
//! a wait depends on traffic: as soon as a transfer begins on such an uplink, the watches of the site's nodes are told to
//! look at each message when it goes out; and the first one that goes out over an idle uplink sends its watch back to looking
//! ahead. So an idle uplink costs nothing, and a busy one an event for each health message.
//!
//! Uploads of others (backups, photographs) begin at times and have sizes that depend on nothing else; how long each
//! takes depends on who else is on the uplink. One that meets a link outage is dropped, as all transfers are.

use super::super::links::UP;
use super::super::{Event, NetworkEvent, Simulation};
use super::fabric::{End, Flow};
use crate::kernel::SimTime;
use crate::policy::health::AnyWatch;
use crate::quantity::{Bytes, BytesPerSecond};
use crate::world::fleet::{NodeId, SiteId};
use crate::world::network::{Wait, wait};

impl Simulation<'_> {
    /// What a small message that leaves `site` now waits for.
    pub(in crate::simulation) fn uplink_wait(&self, site: SiteId) -> Wait {
        let Some(link) = &self.model.entry_of(site).link else { return Wait::default() };
        let (Some(buffer), Some(rate)) = (link.buffer, link.up) else { return Wait::default() };
        let share = self.uplink_share(site, buffer);
        let rate = BytesPerSecond(self.rate_under_cap(site, rate.0));
        wait(share.backlog, share.flows, buffer, rate, link.aqm)
    }

    /// As [`Self::uplink_wait`], decided for a reply: `None` if it is dropped.
    #[inline]
    pub(in crate::simulation) fn reply_wait(&mut self, site: SiteId) -> Option<crate::kernel::SimDuration> {
        if !self.model.network.has_buffers {
            return Some(crate::kernel::SimDuration::ZERO);
        }
        let Wait { delay, loss } = self.uplink_wait(site);
        if loss > 0.0 {
            let number = self.network.replies;
            self.network.replies = number.wrapping_add(1);
            if self.model.network.draws.queue.unit(site.0, number) < loss {
                return None;
            }
        }
        Some(delay)
    }

    /// A transfer has begun on the uplink of `site`: health messages of its nodes may have to wait.
    pub(in crate::simulation) fn uplink_busy(&mut self, site: SiteId) {
        let queues = self.model.entry_of(site).link.as_ref().is_some_and(|link| link.buffer.is_some());
        if !queues || self.watches.is_empty() {
            return;
        }
        for node in self.site_nodes(site) {
            if !self.watch_is_busy(node) {
                self.tell_watch(node, AnyWatch::uplink_busy);
            }
        }
    }

    /// Whether health messages of `node` may have to wait before its uplink now.
    pub(in crate::simulation) fn waits_at_uplink(&self, node: NodeId) -> bool {
        let link = &self.model.entry_of(self.node(node).site).link;
        link.as_ref().is_some_and(|link| link.buffer.is_some()) && !self.uplink_is_idle(node)
    }

    /// Whether nothing is on the uplink of the site of `node`.
    pub(in crate::simulation) fn uplink_is_idle(&self, node: NodeId) -> bool {
        self.uplink_share(self.node(node).site, Bytes(0.0)).flows == 0
    }

    pub(super) fn start_uploads(&mut self) {
        for site in 0..self.network.uploads.len() {
            self.schedule_upload(SiteId::from_index(site), SimTime::ZERO);
        }
    }

    fn schedule_upload(&mut self, site: SiteId, last: SimTime) {
        let Some(uploads) = &self.model.entry_of(site).uploads else { return };
        let number = self.network.uploads[site.index()];
        let gap = uploads.every.draw_duration(&self.model.network.draws.upload, site.0, 2 * number);
        let at = last.saturating_add(gap);
        if at < SimTime::MAX {
            self.engine.at(at, Event::Network(NetworkEvent::UploadBegins { site }));
        }
    }

    /// Somebody at `site` begins to upload.
    pub(in crate::simulation) fn upload_begins(&mut self, site: SiteId) {
        let now = self.engine.now();
        let Some(uploads) = &self.model.entry_of(site).uploads else { return };
        let number = self.network.uploads[site.index()];
        let size = uploads.size.draw(&self.model.network.draws.upload, site.0, 2 * number + 1);
        self.exogenous.word(u64::from(site.0) << 8 | 104);
        self.exogenous.word(now.as_nanos());
        self.exogenous.number(size);
        self.network.uploads[site.index()] = number.wrapping_add(1);
        if self.sites[site.index()].link_outages == 0 {
            let flow = Flow::Upload(self.network.next_upload);
            self.network.next_upload = (self.network.next_upload + 1) & 0x3fff_ffff;
            self.count_traffic(site, Bytes(size));
            self.start_flow(site, UP, flow, End::Elsewhere, Bytes(size));
        }
        self.schedule_upload(site, now);
    }
}
