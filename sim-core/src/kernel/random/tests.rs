//! Golden vectors, and tests of the statistics along every axis of a draw.

use super::*;
use rand::RngExt;
use rand::seq::SliceRandom;

/// Every process in the order of its number, with its draws (0, 0) and (70, 3) under seed 2026, replication 5, salt 1.
/// Lines are only ever added, at the end.
const GOLDEN: &[(Process, u64, u64)] = &[
    (Process::Arrival, 0x23dc_f412_42ef_ae87, 0xff0b_d5ee_caa7_410f),
    (Process::Demand, 0xfd12_8603_1083_5c98, 0x3ffb_4924_7b36_432d),
    (Process::Gateway, 0x6a42_af26_42f1_b440, 0x8e05_5487_1bf7_f043),
    (Process::Slowdown, 0x1bfc_aaff_7a4f_d101, 0xc375_62d7_e3f4_a862),
    (Process::Routing, 0xb636_8b66_4e27_1aee, 0x8b3c_4106_51e1_b1eb),
    (Process::Backoff, 0x3396_f850_6c10_791e, 0xe0ea_e665_1d47_544f),
    (Process::GridOutage, 0xcfe1_75da_b4cc_5e2a, 0xcb79_c1e9_1446_bf84),
    (Process::Storm, 0x2386_c425_db50_08b3, 0xd415_1ccb_55bc_959b),
    (Process::HeatWave, 0x2135_10af_b6b9_d703, 0xf536_eb39_5404_d0be),
    (Process::HardwareFault, 0x572f_d692_b1f9_885e, 0xb251_1d66_6d7c_38a8),
    (Process::Boot, 0x7ef2_202d_d2c3_cf82, 0x7ed6_5ecf_5f5e_581d),
    (Process::Reclose, 0x3ef3_7e78_856a_e555, 0xb0ac_07f7_0b08_385b),
    (Process::UpsFailure, 0x5e86_60fd_39f0_3ca0, 0x7a32_e152_39f8_3ebb),
    (Process::MessageLatency, 0xbdb7_1827_149d_10b4, 0x6257_3ddf_75ef_82b8),
    (Process::MessageLoss, 0x2d10_f13c_bbc9_f577, 0xdb17_38e3_0180_3c64),
    (Process::LinkState, 0x9738_bbb9_ab31_43c4, 0x0609_c888_fc79_7363),
    (Process::LinkOutage, 0x5075_1e8e_ce86_071b, 0xfba1_b84c_5e75_5cea),
    (Process::HealthPhase, 0xe517_505e_04d5_44ed, 0xc03e_d9fc_dc0c_d069),
    (Process::HealthLoss, 0x4a65_896f_ef40_1557, 0xdad7_d438_b322_232a),
    (Process::HealthLatency, 0xe9fa_f587_0d00_6a53, 0xd56a_72b9_eec7_fa50),
    (Process::Wake, 0x6d3b_a974_09ef_25f1, 0xdc66_ecc7_262a_fa73),
];

#[test]
fn golden_vectors_pin_every_process() {
    let streams = Streams::new(2026, 5);
    let mut last = None;
    for (process, origin, elsewhere) in GOLDEN {
        assert!(last < Some(*process as u32), "the number of {process:?} is part of every result");
        last = Some(*process as u32);
        let stream = streams.stream(*process, 1);
        let found = (stream.bits(0, 0), stream.bits(70, 3));
        assert_eq!(found, (*origin, *elsewhere), "{process:?}, 0x{:016x}, 0x{:016x}", found.0, found.1);
    }
}

/// As [`GOLDEN`], of the processes of faults on purpose, which are numbered from 120 on.
const GOLDEN_FAULTS: &[(Process, u64, u64)] = &[
    (Process::FaultShare, 0xe7b7_0633_eec4_cc85, 0xd5e7_cdc1_770e_4dc6),
    (Process::FaultLatency, 0x3af2_ab05_ef6d_ba4c, 0x9cf9_22c7_bc43_2b39),
    (Process::FaultLoss, 0x114c_9f47_ad90_0d94, 0x2215_4bcd_a8ab_ef5e),
];

#[test]
fn golden_vectors_pin_the_processes_of_faults() {
    let streams = Streams::new(2026, 5);
    let found: Vec<_> = GOLDEN_FAULTS
        .iter()
        .map(|(process, ..)| {
            let stream = streams.stream(*process, 1);
            (*process, stream.bits(0, 0), stream.bits(70, 3))
        })
        .collect();
    assert_eq!(found, GOLDEN_FAULTS, "{found:#018x?}");
    assert!(GOLDEN_FAULTS.iter().zip(120..).all(|((process, ..), number)| *process as u32 == number));
}

#[test]
fn golden_keys_pin_the_derivation() {
    let key = |seed, replication, salt| Streams::new(seed, replication).stream(Process::Arrival, salt).key;
    let found = [key(0, 0, 0), key(1, 0, 0), key(0, 1, 0), key(0, 0, 1), key(u64::MAX, u32::MAX, u32::MAX)];
    assert_eq!(
        found,
        [
            0xce12_63b8_36d9_b157,
            0x9f8b_cd7e_cbad_21ef,
            0xbd73_9861_672d_5e9b,
            0x5db2_13e8_d813_6a9f,
            0xa7b6_85f3_a179_bfd5
        ],
        "{found:016x?}"
    );
}

/// Values of the published C code under the first key its author distributes.
#[test]
fn squares64_equals_the_published_code() {
    let key = 0xc58e_fd15_4ce3_2f6d;
    let found = [0, 1, 2, u64::MAX].map(|counter| squares64(counter, key));
    assert_eq!(
        found,
        [0x8352_d815_14c3_f20f, 0x4d64_5c71_0dea_443c, 0x5f66_4b34_b649_cc78, 0x89d8_c127_f819_498b]
    );
}

#[test]
fn keys_are_irregular_and_distinct() {
    let mut keys = Vec::new();
    for salt in 0..20_000 {
        let key = Streams::new(3, 0).stream(Process::Boot, salt).key;
        let digits: Vec<u64> = (0..16).map(|place| key >> (4 * place) & 15).collect();
        assert!(digits[0] % 2 == 1 && digits[8] != digits[7] && !digits.contains(&0), "{key:016x}");
        for half in digits.chunks(8) {
            assert!((1..8).all(|place| !half[..place].contains(&half[place])), "{key:016x}");
        }
        keys.push(key);
    }
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), 20_000);
}

/// A name and a sequence of draws.
type Axis = (&'static str, Box<dyn Fn(u32) -> u64>);

/// Sequences of draws along one axis each: what must look random is not only the walk along the index.
fn axes() -> Vec<Axis> {
    let stream = Streams::new(11, 2).stream(Process::Demand, 0);
    vec![
        ("index", Box::new(move |i| stream.bits(0, i))),
        ("index of a far entity", Box::new(move |i| stream.bits(987_654, i))),
        ("entity", Box::new(move |i| stream.bits(i, 0))),
        ("entity at a far index", Box::new(move |i| stream.bits(i, 3_000_000_000))),
        ("both", Box::new(move |i| stream.bits(i, i))),
        ("a few draws of each entity", Box::new(move |i| stream.bits(i / 4, i % 4))),
        ("high bits of the entity", Box::new(move |i| stream.bits(i << 12, 0))),
        ("high bits of the index", Box::new(move |i| stream.bits(5, i << 12))),
    ]
}

/// The same over streams; each costs a ChaCha block, so they are fewer.
fn key_axes() -> Vec<Axis> {
    let bits = |streams: Streams, salt| streams.stream(Process::Storm, salt).bits(1, 1);
    vec![
        ("salt", Box::new(move |i| bits(Streams::new(4, 4), i))),
        ("replication", Box::new(move |i| bits(Streams::new(4, i), 0))),
        ("seed", Box::new(move |i| bits(Streams::new(u64::from(i), 0), 0))),
        ("branch", Box::new(move |i| bits(Streams::new(4, 4).branch(1 + u64::from(i)), 0))),
        ("stage of a branch", Box::new(move |i| bits(Streams::new(4, 4).branch(u64::from(i) << 32 | 1), 0))),
    ]
}

/// How far the counts of equally likely cells are from even, in standard deviations of chi-square.
fn unevenness(counts: &[u32]) -> f64 {
    let total: u32 = counts.iter().sum();
    let expected = f64::from(total) / counts.len() as f64;
    let chi_square: f64 =
        counts.iter().map(|count| (f64::from(*count) - expected) * (f64::from(*count) - expected)).sum();
    let freedom = (counts.len() - 1) as f64;
    (chi_square / expected - freedom) / (2.0 * freedom).sqrt()
}

fn check_uniformity(name: &str, draw: &dyn Fn(u32) -> u64, draws: u32) {
    for byte in 0..8 {
        let (mut singles, mut pairs) = (vec![0; 256], vec![0; 4_096]);
        let mut before = 0;
        for i in 0..draws {
            let value = (draw(i) >> (8 * byte) & 255) as usize;
            singles[value] += 1;
            pairs[before << 6 | value >> 2] += 1;
            before = value >> 2;
        }
        for (what, counts) in [("byte", &singles), ("serial pairs of byte", &pairs)] {
            let deviation = unevenness(counts);
            assert!(deviation.abs() < 4.7, "{name}: {what} {byte} is uneven, {deviation} sd");
        }
    }
}

fn check_correlation(name: &str, draw: &dyn Fn(u32) -> u64, draws: u32) {
    for lag in [1, 2, 3, 7, 64] {
        let sum: f64 = (0..draws).map(|i| (unit_of(draw(i)) - 0.5) * (unit_of(draw(i + lag)) - 0.5)).sum();
        let deviation = 12.0 * sum / f64::from(draws).sqrt();
        assert!(deviation.abs() < 4.7, "{name}: correlated at lag {lag}, {deviation} sd");
    }
}

#[test]
fn draws_are_uniform_and_uncorrelated_along_every_axis() {
    for (name, draw) in axes() {
        check_uniformity(name, &*draw, 1 << 17);
        check_correlation(name, &*draw, 1 << 17);
    }
    for (name, draw) in key_axes() {
        check_uniformity(name, &*draw, 1 << 13);
        check_correlation(name, &*draw, 1 << 13);
    }
}

/// Neighbours in entity, index, and stream are uncorrelated with one another, not only along one walk.
#[test]
fn streams_of_different_processes_are_uncorrelated() {
    let streams = Streams::new(1, 1);
    let all: Vec<Stream> = GOLDEN.iter().map(|(process, _, _)| streams.stream(*process, 0)).collect();
    for (at, one) in all.iter().enumerate() {
        for other in &all[..at] {
            let sum: f64 = (0..4_096).map(|i| (one.unit(i, 0) - 0.5) * (other.unit(i, 0) - 0.5)).sum();
            assert!((12.0 * sum / 64.0).abs() < 4.7);
        }
    }
}

/// Flipping any one bit of entity or index flips every bit of the draw half the time.
#[test]
fn every_input_bit_reaches_every_output_bit() {
    let stream = Streams::new(8, 0).stream(Process::LinkState, 0);
    let samples = 4_096;
    for flip in 0..64 {
        let mut flips = [0_u32; 64];
        for i in 0..samples {
            let before = stream.bits(i, i >> 3);
            let after = stream.bits(i ^ ((1_u64 << flip) >> 32) as u32, (i >> 3) ^ (1_u64 << flip) as u32);
            for (bit, count) in flips.iter_mut().enumerate() {
                *count += ((before ^ after) >> bit & 1) as u32;
            }
        }
        for (bit, count) in flips.iter().enumerate() {
            let deviation = (f64::from(*count) - 2_048.0) / 32.0;
            assert!(deviation.abs() < 5.0, "input {flip}, output {bit}: {deviation} sd");
        }
    }
}

#[test]
fn unit_stays_inside_the_open_interval() {
    let least = 0.5 * f64::EPSILON;
    assert_eq!(unit_of(0), least);
    assert_eq!(unit_of(u64::MAX), 1.0 - least);
    assert_eq!(unit_of(1 << 63), 0.5 + least);
}

#[test]
fn draws_walk_the_indices_of_one_entity_as_a_rand_generator() {
    let stream = Streams::new(1, 0).stream(Process::Routing, 0);
    let mut draws = stream.draws(4, 10);
    assert_eq!(draws.random::<u64>(), stream.bits(4, 10));
    assert_eq!(draws.random::<u32>(), (stream.bits(4, 11) >> 32) as u32);
    let mut bytes = [0; 12];
    draws.fill(&mut bytes);
    assert_eq!(bytes[..8], stream.bits(4, 12).to_le_bytes());
    assert_eq!(bytes[8..], stream.bits(4, 13).to_le_bytes()[..4]);
    let mut order: Vec<u32> = (0..100).collect();
    order.shuffle(&mut draws);
    assert_ne!(order, (0..100).collect::<Vec<_>>());
    order.sort_unstable();
    assert_eq!(order, (0..100).collect::<Vec<_>>());
    assert!((0..1_000).all(|_| (3..9).contains(&draws.random_range(3..9_u32))));
}

/// The derivation is pinned above; the numbers of the power side are pinned here.
#[test]
fn processes_of_power_keep_their_numbers() {
    let all = [
        Process::Sag,
        Process::Brownout,
        Process::Surge,
        Process::SurgeAtRestoration,
        Process::SurgeDamage,
        Process::DamageRepair,
        Process::PlannedOutage,
        Process::RollingBlackout,
        Process::StormSeverity,
        Process::StormDamage,
        Process::BreakerTolerance,
        Process::Neighbour,
        Process::Stagger,
        Process::BreakerFatigue,
        Process::BatteryDeath,
        Process::SelfTest,
    ];
    assert!((40..).zip(all).all(|(number, process)| process as u32 == number));
}
