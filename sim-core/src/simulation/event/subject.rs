//! What an event is called, and whom it befalls.

use super::{
    AccessEvent, ControlEvent, EnergyEvent, Event, HardwareEvent, HeatEvent, JobEvent, NetworkEvent,
    ObjectEvent, PowerEvent, RequestEvent,
};
use crate::policy::redundancy::Timer;
use crate::world::fleet::{AttemptId, NodeId, RequestId, SiteId};

/// Whom an event befalls, where that is somebody whom others know too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Concerned {
    /// An attempt at a request.
    Attempt(AttemptId),
    /// A request in flight.
    Request(RequestId),
    /// The next request of a workload.
    Workload(u16),
    /// A node.
    Node(NodeId),
    /// A site.
    Site(SiteId),
    /// Something else, which the name of the event tells.
    Other,
}

impl Event {
    /// Its name in words, with what it says of itself: "outage begins (domain 3)".
    pub fn name(&self) -> String {
        // The innermost variant says what happens; those around it, which part of the model it happens in.
        let text = format!("{self:?}");
        let inner = match self {
            Self::Power(_)
            | Self::Heat(_)
            | Self::Hardware(_)
            | Self::Network(_)
            | Self::Fault(_)
            | Self::Request(_)
            | Self::Control(_)
            | Self::Energy(_)
            | Self::Object(_)
            | Self::Job(_)
            | Self::Access(_)
            | Self::Timer(_) => text.split_once('(').map_or(&text[..], |(_, rest)| &rest[..rest.len() - 1]),
            _ => &text,
        };
        let end = inner.find([' ', '(']).unwrap_or(inner.len());
        let (variant, fields) = inner.split_at(end);
        let name = words(variant);
        let fields = fields.trim().trim_start_matches(['{', '(']).trim_end_matches(['}', ')']).trim();
        if fields.is_empty() { name } else { format!("{name} ({})", plain(fields)) }
    }

    /// Whom it befalls.
    pub fn concerned(&self) -> Concerned {
        match *self {
            Self::Arrival { workload } => Concerned::Workload(workload),
            Self::Delivered { attempt }
            | Self::Served { attempt }
            | Self::Replied { attempt }
            | Self::CalledBack { attempt, .. }
            | Self::Timer(Timer::Timeout(attempt))
            | Self::Request(RequestEvent::TieBroken { attempt, .. }) => Concerned::Attempt(attempt),
            Self::Timer(Timer::Retry { request, .. } | Timer::Hedge(request)) => Concerned::Request(request),
            Self::SharedServed { node }
            | Self::HealthWake { node }
            | Self::Timer(Timer::HalfOpen(node))
            | Self::Heat(HeatEvent::HeatCheck { node })
            | Self::Object(ObjectEvent::WriteOff { node }) => Concerned::Node(node),
            Self::Power(event) => of_power(event),
            Self::Hardware(event) => of_hardware(event),
            Self::Control(event) => of_control(event),
            Self::Access(
                AccessEvent::Audit { node }
                | AccessEvent::Scrub { node }
                | AccessEvent::Notice { node }
                | AccessEvent::ExitRetry { node },
            ) => Concerned::Node(node),
            Self::Heat(
                HeatEvent::RoomCheck { site }
                | HeatEvent::Setback { site }
                | HeatEvent::CoolingFault { site },
            )
            | Self::Energy(EnergyEvent::ReserveReached { site })
            | Self::Network(
                NetworkEvent::TransferDone { site, .. }
                | NetworkEvent::UploadBegins { site }
                | NetworkEvent::CapReached { site },
            ) => Concerned::Site(site),
            Self::WarmedUp
            | Self::Heat(HeatEvent::RackCheck { .. })
            | Self::Network(_)
            | Self::Fault(_)
            | Self::Energy(EnergyEvent::PriceSteps { .. })
            | Self::Object(_)
            | Self::Job(
                JobEvent::Arrives { .. }
                | JobEvent::PhaseEnds { .. }
                | JobEvent::DeadlinePasses { .. }
                | JobEvent::ReissueDue { .. }
                | JobEvent::MessageThere { .. }
                | JobEvent::DrainLook
                | JobEvent::StragglerLook,
            )
            | Self::Access(_) => Concerned::Other,
        }
    }
}

fn of_power(event: PowerEvent) -> Concerned {
    match event {
        PowerEvent::BreakerTrips { site }
        | PowerEvent::BreakerRecloses { site }
        | PowerEvent::BatteryEmpty { site }
        | PowerEvent::BatteryFull { site }
        | PowerEvent::Transferred { site }
        | PowerEvent::BreakerCheck { site }
        | PowerEvent::NeighbourSwitches { site }
        | PowerEvent::BatteryFoundDead { site }
        | PowerEvent::BatteryReplaced { site } => Concerned::Site(site),
        PowerEvent::HoldUpOver { node }
        | PowerEvent::StaggerOver { node }
        | PowerEvent::LeakCheck { node }
        | PowerEvent::DamageRepaired { node } => Concerned::Node(node),
        _ => Concerned::Other,
    }
}

fn of_hardware(event: HardwareEvent) -> Concerned {
    match event {
        HardwareEvent::BugStrikes { .. }
        | HardwareEvent::BugFixed { .. }
        | HardwareEvent::BatchRecalled { .. } => Concerned::Other,
        HardwareEvent::FaultBegins { node }
        | HardwareEvent::FaultEnds { node }
        | HardwareEvent::Booted { node }
        | HardwareEvent::SleepDue { node }
        | HardwareEvent::Woken { node }
        | HardwareEvent::WearCheck { node }
        | HardwareEvent::MendingStep { node }
        | HardwareEvent::HostLeaves { node }
        | HardwareEvent::HostJoins { node }
        | HardwareEvent::SuccessorJoins { node }
        | HardwareEvent::HostSwitched { node }
        | HardwareEvent::Patched { node }
        | HardwareEvent::RecallEnds { node } => Concerned::Node(node),
    }
}

fn of_control(event: ControlEvent) -> Concerned {
    match event {
        ControlEvent::SwimWake { node }
        | ControlEvent::TrustDue { node }
        | ControlEvent::ReadingDue { node }
        | ControlEvent::ReadingArrives { node }
        | ControlEvent::EjectionOver { node }
        | ControlEvent::RetryDue { node } => Concerned::Node(node),
        ControlEvent::Compare
        | ControlEvent::WindowEnds
        | ControlEvent::FailoverDue { .. }
        | ControlEvent::ViewWake { .. } => Concerned::Other,
    }
}

/// "OutageBegins" as "outage begins".
fn words(variant: &str) -> String {
    let mut words = String::new();
    for letter in variant.chars() {
        if letter.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(letter.to_ascii_lowercase());
    }
    words
}

/// "node: NodeId(3), stamp: 4" as "node 3, stamp 4".
fn plain(fields: &str) -> String {
    let mut plain = String::new();
    for field in fields.split(", ") {
        let (name, value) = field.split_once(": ").unwrap_or(("", field));
        let (kind, value) = value.split_once('(').unwrap_or(("", value));
        let name =
            if name.is_empty() { kind.trim_end_matches("Id").to_ascii_lowercase() } else { name.to_owned() };
        if !plain.is_empty() {
            plain.push_str(", ");
        }
        plain.push_str(&name);
        plain.push(' ');
        plain.push_str(value.trim_end_matches(')'));
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_named_in_words() {
        let node = NodeId(3);
        for (event, name) in [
            (Event::WarmedUp, "warmed up"),
            (Event::Delivered { attempt: AttemptId(5) }, "delivered (attempt 5)"),
            (Event::Power(PowerEvent::OutageBegins { domain: 2 }), "outage begins (domain 2)"),
            (Event::Hardware(HardwareEvent::FaultBegins { node }), "fault begins (node 3)"),
            (Event::Timer(Timer::Timeout(AttemptId(7))), "timeout (attempt 7)"),
            (Event::Timer(Timer::HalfOpen(node)), "half open (node 3)"),
            (
                Event::Timer(Timer::Retry { request: RequestId(1), generation: 4, tries: 2 }),
                "retry (request 1, generation 4, tries 2)",
            ),
            (Event::Job(JobEvent::DrainLook), "drain look"),
            (
                Event::Network(NetworkEvent::TransferDone { site: SiteId(9), up: true }),
                "transfer done (site 9, up true)",
            ),
        ] {
            assert_eq!(event.name(), name);
        }
        assert_eq!(Event::HealthWake { node }.concerned(), Concerned::Node(node));
    }
}
