//! Random draws as pure functions of (seed, replication, process, entity, index).
//!
//! A ChaCha12 generator seeded by (seed, replication, process, salt) makes one 64-bit key for each stream. A draw is the
//! counter-based generator Squares64 (Widynski, "Squares: A Fast Counter-Based RNG", arXiv:2004.06278v3, the form with
//! five rounds and 64 bits of output) under that key, at a counter made of entity and index. So no draw depends on how
//! many others were made before it, and adding a draw anywhere shifts nothing elsewhere: *common random numbers by
//! construction*. What a stream stores is eight bytes; what an entity stores is nothing, where the index follows from
//! state that exists anyway (its number of failures, its attempt), or else one `u32`.
//!
//! Two details guard the quality of the generator:
//!
//! - Its keys must be irregular. As its author does, sixteen hexadecimal digits are drawn: none zero, the eight of each
//!   half all different, the lowest odd, and the lowest of the upper half unlike its neighbour below.
//! - Its first step multiplies counter and key. A counter `entity << 32 | index` would leave the product of entity and
//!   upper key half out, and spend a round on making up for it; so the entity is also added (exclusive or) to the lower
//!   half. That maps (entity, index) one to one to counters.
//!
//! Golden vectors in the tests pin all of this. To change any of it is to change every result: `MODEL_VERSION` moves.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha12Rng;

mod draws;
#[cfg(test)]
mod tests;

pub use draws::Draws;

/// What a draw is for. Append only: the discriminants are part of every result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Process {
    /// Times of arrival of requests; entity 0, index = request number.
    Arrival = 0,
    /// Demand of a request; entity = request number.
    Demand = 1,
    /// Gateway by which a request enters; entity = request number.
    Gateway = 2,
    /// Slowdown of an attempt; entity = request number, index = attempt number.
    Slowdown = 3,
    /// Routing decisions; entity = request number, index = attempt number and draw.
    Routing = 4,
    /// Delay before a retry; entity = request number, index = attempt number.
    Backoff = 5,
    /// Durations of grid outages; entity = grid domain, index = twice the cycle, plus one for the down time.
    GridOutage = 6,
    /// Durations of storms; entity = region.
    Storm = 7,
    /// Beginnings, durations of heat waves; entity = region.
    HeatWave = 8,
    /// Up and down times of node hardware; entity = node.
    HardwareFault = 9,
    /// Boot times; entity = node, index = boot number.
    Boot = 10,
    /// Time until a human recloses a breaker; entity = site, index = trip number.
    Reclose = 11,
    /// Whether a UPS battery is dead when called; entity = site, index = outage number.
    UpsFailure = 12,
    /// Latency of a message of a request; entity = request number, index = attempt number, twice, plus one for the reply.
    MessageLatency = 13,
    /// Loss of a message of a request; entity and index as for [`Process::MessageLatency`].
    MessageLoss = 14,
    /// Sojourns in the states of a bursty link; entity = site, index = sojourn.
    LinkState = 15,
    /// Link outages; entity = link domain.
    LinkOutage = 16,
    /// Phase of the heartbeats or probes of a node; entity = node.
    HealthPhase = 17,
    /// Gaps between lost or late health messages; entity = node, index = running count.
    HealthLoss = 18,
    /// Latencies of health messages; entity = node, index = message.
    HealthLatency = 19,
    /// Time from sleep to ready; entity = node, index = wake number.
    Wake = 20,
    /// Rank of a target among those that a fault may befall; entity = node or site, salt = number of the fault.
    FaultShare = 120,
    /// What an injected fault adds to the latency of a message; entity and index as for [`Process::MessageLatency`], salt = number
    /// of the fault times the workloads, plus the workload.
    FaultLatency = 121,
    /// Whether an injected fault loses a message; entity, index and salt as for [`Process::FaultLatency`].
    FaultLoss = 122,
    /// What an injected fault does to a health message: salt = twice the number of the fault, plus 0 for the latency that it adds
    /// and 1 for the loss, and 2^20 for readings; entity = node, for gateways of other regions plus (gateway + 1) times the number of nodes;
    /// index = twice the message, plus one for the way back of a probe.
    FaultCheck = 123,
    /// Beginnings and sizes of uploads of others; entity = site, index = upload.
    Upload = 100,
    /// Whether a small message finds the buffer of a busy uplink full; entity = site or node, index = running count or message.
    QueueLoss = 101,
    /// Whether a site takes connections from outside, and the latency of its relay; entity = site.
    Nat = 102,
    /// Changes of the address of a site; entity = site, index = twice the change, plus one for its duration.
    AddressChange = 103,
    /// Outages of a provider; entity = provider.
    IspOutage = 104,
    /// Battery life and restart of street cabinets; entity = cabinet, index = outage.
    Cabinet = 105,
    /// Up and down times of backbone links; entity = link.
    BackboneOutage = 106,
    /// Time until routes are recomputed; entity = link, index = change.
    Convergence = 107,
    /// Time until a human restarts a node after a thermal shutdown; entity = node, index = shutdown number.
    ThermalRestart = 60,
    /// Residuals of daily weather; entity = region, index = day.
    WeatherNoise = 61,
    /// Failures and repairs of air conditioning; entity = site, index = twice the cycle, plus one for the repair.
    CoolingFault = 62,
    /// Failures and repairs of the fans of a rack; entity = rack, index as for [`Process::CoolingFault`].
    FanFault = 63,
    /// Failures and repairs of the pump of a rack; entity = rack, index as for [`Process::CoolingFault`].
    PumpFault = 64,
    /// Leaks of the liquid loop of a rack, and their repairs; entity = rack, index as for [`Process::CoolingFault`].
    LiquidLeak = 65,
    /// Failures and repairs of the air conditioner of a rack; entity = rack, index as for [`Process::CoolingFault`].
    SplitFault = 66,
    /// Voltage sags; entity = domain, index = three times the cycle, plus 0 for the gap, 1 for the duration, 2 for the depth.
    Sag = 40,
    /// Brownouts; entity and index as for [`Process::Sag`].
    Brownout = 41,
    /// Gaps between surges; entity = domain, index = cycle.
    Surge = 42,
    /// Whether a surge comes with a restoration; entity = outage domain, index = its number of outages.
    SurgeAtRestoration = 43,
    /// Whether a surge damages a node; entity = node, index = number of surges at its site.
    SurgeDamage = 44,
    /// Time to repair damage that came from outside; entity = node, index = number of damages.
    DamageRepair = 45,
    /// Planned outages; entity = feeder, index as for [`Process::GridOutage`].
    PlannedOutage = 46,
    /// Episodes of rolling blackouts; entity = region, index = twice the cycle, plus one for the duration.
    RollingBlackout = 47,
    /// Severity of a storm; entity = storm, index = 0 for the share hit, 1 for the first restoration, 2 for the last.
    StormSeverity = 48,
    /// What a storm does to a feeder; entity = feeder, index = three times the storm, plus 0 for hit or not, 1 for when, 2 for restoration.
    StormDamage = 49,
    /// Tolerance of a breaker; entity = site, index = 0 for the trip ratio, 1 for the magnetic release.
    BreakerTolerance = 50,
    /// Other loads on a circuit; entity = site, index as for [`Process::Sag`], the depth being the load.
    Neighbour = 51,
    /// Delay before a node switches on; entity = node, index = boot number.
    Stagger = 52,
    /// Whether an owner leaves a breaker open; entity = site, index = trip number.
    BreakerFatigue = 53,
    /// Life and replacement of UPS batteries; entity = site, index = twice the battery, plus one for the replacement.
    BatteryDeath = 54,
    /// Phase of the self-tests of a UPS; entity = site.
    SelfTest = 55,
    /// Lives of units; entity = node, index = incarnation.
    UnitLife = 80,
    /// Replacement of a dead unit; entity = node, index = eight times the number of the death, plus the draw.
    Replacement = 81,
    /// Hangs; entity = node, index = three times the number of the hang, plus one for whether the watchdog works, plus
    /// two for the time to the reboot.
    Hang = 82,
    /// Symptoms before a failure; salt 0 for faults, 1 for deaths; entity = node, index = twice the number of the life,
    /// plus one for the lead.
    Symptoms = 83,
    /// Repair of a fault; entity = node, index = eight times the number of the fault, plus the draw.
    Repair = 84,
    /// Churn of hosts; entity = node, index = twice the cycle, plus one for the time until another joins.
    Churn = 85,
    /// When a host joins first; entity = node.
    HostStart = 86,
    /// Times on and off of a host; entity = node, index = number of the switching.
    Presence = 87,
    /// The habit of a host; entity = node, index = 0 its kind, 1 and 2 its factors, 3 its shift.
    Host = 88,
    /// The version of the software of a node; entity = node.
    SoftwareVersion = 89,
    /// Bugs of a version; entity = version, index = twice the number of the bug, plus one for the fix.
    SoftwareBug = 90,
    /// Time until a node has a fix; entity = node, index = number of the bug.
    SoftwarePatch = 91,
    /// Defects of batches; salt = node type; entity = batch, index = 0 the defect, 1 the recall.
    Batch = 92,
    /// The batch of a node; salt = node type; entity = the node's number within its type.
    BatchPlace = 93,
    /// Time that a recall takes a node; entity = node.
    Recall = 94,
    /// When another host takes the place of one whose owner has given up; entity = node, index = number of the fault.
    Successor = 95,
    /// The key that a request asks for; entity = request number.
    RequestKey = 180,
    /// SWIM: salt 0, whether a member is picked in a period, entity = node, index = period; salt 1, phase of a group, entity = group.
    SwimPing = 200,
    /// Gaps between pings of live members that fail; entity = node, index = running count.
    SwimMistake = 201,
    /// How news spreads; entity = node, index = 129 times the news, plus the draw.
    SwimNews = 202,
    /// Readings of sensors; salt 0, phase of a node; 1, loss of a reading; 2, latency; entity = node, index = reading.
    Telemetry = 203,
    /// Nodes of a new object; entity = object, index = number of the draw, the greatest for its copyset. Entity 2^32 − 1 orders
    /// the nodes of copysets.
    Placement = 140,
    /// Time of a repair; entity = object, index = number of the repair.
    RepairTime = 141,
    /// Grace of a silent node; entity = node, index = number of the spell.
    RepairGrace = 142,
    /// Nodes for repaired shards; entity = object, index = 4096 times the number of the repair, plus the draw.
    RepairPlace = 143,
    /// Region whose gateway repairs an object; entity = object.
    Repairer = 144,
    /// From which slot on a repair looks for its sources; entity = object, index = number of the repair.
    RepairSource = 145,
    /// Whether the result of an instance of a job is wrong; entity = job number, index = instance.
    JobError = 160,
    /// Whether the result of a trusted node is checked all the same; entity = job number, index = instance.
    SpotCheck = 161,
    /// Times of the reads of a workload; salt = number of the workload, as in the other processes of reads and writes; index =
    /// number of the read.
    ReadArrival = 148,
    /// What is read, and from where; entity = number of the read, index = 0 the object, 1 the region of the gateway.
    ReadTarget = 149,
    /// In which order nodes are asked; entity = number of the read, index = place.
    ReadOrder = 150,
    /// Latency of a shard to a reader; entity = number of the read, index = twice the shard's number in its object, plus one for the way
    /// back.
    ReadLatency = 151,
    /// Times of the writes of a workload; index = number of the write.
    WriteArrival = 152,
    /// Latency of an upload; entity = number of the write, index = twice the number of the upload, plus one for the way
    /// back; the greatest for the region of its gateway.
    WriteLatency = 153,
    /// Audits; entity = node, index = twice the number of the audit, plus one for the shard that is asked for.
    Audit = 154,
    /// Rotting shards; entity = number of the candidate, index = 0 the gap, 1 the shard, 2 whether its node lets it rot.
    BitRot = 155,
    /// Whether a node drops a shard that it is to keep; entity = slot, index = node.
    Withheld = 156,
    /// Phase of the scrubbing of a node; entity = node.
    ScrubPhase = 157,
    /// Notice before a host leaves; entity = node, index = twice the cycle of its churn, plus one for whether there is any.
    ExitNotice = 158,
    /// Which messages of reads and writes are lost; salt = twice the number of the workload, plus one for writes; entity = number of the read or
    /// write, index = 256 times that of the message in `ReadLatency` or `WriteLatency`, plus 16 times the round, plus the try.
    AccessLoss = 146,
    /// Messages for repairs, departures and audits; salt 0, latency, 1, loss; entity = object, index = 1024 times the number of the repair, plus 512 for
    /// what is sent to nodes, plus twice the shard's number in its object, plus one for the way back; from 2^23 on those of
    /// departures; of losses 256 times that, plus 16 times the round, plus the try. Salt 2, loss for audits; entity = node, index = 512 times the audit, plus the try.
    RepairMessage = 147,
    /// Latency that a fault adds to messages of objects and jobs; salt = fault, entity and index as in the latency of the message.
    FaultWay = 159,
    /// Latency of the messages of jobs; salt = number of the workload; entity = job number, index = 4096 times the instance, plus twice the message, plus one
    /// for the way back.
    JobLatency = 162,
    /// Which messages of jobs are lost; index = 256 times that in `JobLatency`, plus the try.
    JobLoss = 163,
    /// Which states that have entered a level are forked how often; entity = first stage of the pilot or of the estimate, index = stage.
    RareResample = 230,
    /// Whether a spell in which an object lacks shards is under failure biasing; entity 0, index = spell.
    RareBias = 231,
    /// How long what is under way still takes where a fork begins; salt 0, repairs of nodes, 1, outages of the mains and the times between them, 2, those of
    /// links; entity = node or domain, index 0.
    RareRest = 232,
}

/// All randomness of one run: a seed and a replication number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Streams {
    seed: u64,
    replication: u32,
    branch: u64,
}

impl Streams {
    /// The streams of replication `replication` under `seed`.
    pub const fn new(seed: u64, replication: u32) -> Self {
        Self { seed, replication, branch: 0 }
    }

    /// Those of the same replication in a fork of its world; branch 0 is the trunk.
    #[must_use]
    pub const fn branch(self, branch: u64) -> Self {
        Self { branch, ..self }
    }

    /// The stream for `process`; `salt` tells apart parallel instances (workload number, outage process number, …).
    pub fn stream(&self, process: Process, salt: u32) -> Stream {
        let mut chacha_seed = [0_u8; 32];
        chacha_seed[..8].copy_from_slice(&self.seed.to_le_bytes());
        chacha_seed[8..12].copy_from_slice(&self.replication.to_le_bytes());
        chacha_seed[12..16].copy_from_slice(&(process as u32).to_le_bytes());
        chacha_seed[16..20].copy_from_slice(&salt.to_le_bytes());
        chacha_seed[20..28].copy_from_slice(&self.branch.to_le_bytes());
        let mut chacha = ChaCha12Rng::from_seed(chacha_seed);
        Stream { key: squares_key(&mut chacha) }
    }
}

/// Draws a key for Squares: hexadecimal digits without zeros, all different within each half, the lowest one odd.
fn squares_key(source: &mut ChaCha12Rng) -> u64 {
    let (mut key, mut below) = (0, 0);
    for half in 0..2 {
        let mut digits: [u64; 15] = std::array::from_fn(|index| index as u64 + 1);
        for place in 0..8 {
            let left = digits.len() - place;
            let chosen = loop {
                let chosen = ((u64::from(source.next_u32()) * left as u64) >> 32) as usize;
                let digit = digits[chosen];
                if place > 0 || (half == 0 && digit % 2 == 1) || (half == 1 && digit != below) {
                    break chosen;
                }
            };
            below = digits[chosen];
            digits[chosen] = digits[left - 1];
            key |= below << (4 * (8 * half + place));
        }
    }
    key
}

/// One stream of random numbers: a function of (entity, index).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream {
    key: u64,
}

impl Stream {
    /// 64 random bits: the draw `index` of `entity`.
    #[inline]
    pub fn bits(&self, entity: u32, index: u32) -> u64 {
        squares64(u64::from(entity) << 32 | u64::from(entity ^ index), self.key)
    }

    /// Uniform in the open interval (0, 1), see [`unit_of`].
    #[inline]
    pub fn unit(&self, entity: u32, index: u32) -> f64 {
        unit_of(self.bits(entity, index))
    }

    /// A `rand` generator over the indices of `entity` from `index` on, for shuffles and samples.
    #[inline]
    pub fn draws(&self, entity: u32, index: u32) -> Draws {
        Draws::new(*self, entity, index)
    }
}

/// Maps 64 random bits to the open interval (0, 1): the upper 52, as odd multiples of 2^−53.
///
/// Every value is exact, so the least is 2^−53, the greatest 1 − 2^−53, and `1 − u` is as likely as `u`.
#[inline]
pub fn unit_of(bits: u64) -> f64 {
    ((bits >> 12) as f64 + 0.5) * (1.0 / 4_503_599_627_370_496.0)
}

/// Widynski's Squares64: five rounds of squaring, half-word swap and Weyl addition.
#[inline]
pub fn squares64(counter: u64, key: u64) -> u64 {
    let y = counter.wrapping_mul(key);
    let z = y.wrapping_add(key);
    let mut x = y;
    x = x.wrapping_mul(x).wrapping_add(y).rotate_left(32);
    x = x.wrapping_mul(x).wrapping_add(z).rotate_left(32);
    x = x.wrapping_mul(x).wrapping_add(y).rotate_left(32);
    x = x.wrapping_mul(x).wrapping_add(z);
    let t = x;
    x = x.rotate_left(32);
    t ^ (x.wrapping_mul(x).wrapping_add(y) >> 32)
}
