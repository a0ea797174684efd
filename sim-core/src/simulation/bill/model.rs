//! Prices and costs as tables.

use crate::kernel::SimTime;
use crate::scenario::{Economics, NodeType, Scenario, SiteCosts, Tariff};
use crate::world::economics::Prices;

/// What costs what.
#[derive(Clone, Debug)]
pub(in crate::simulation) struct BillModel {
    pub economics: Option<Economics>,
    /// Whether any site pays for electricity.
    pub has_tariffs: bool,
    pub entries: Vec<EntryCosts>,
    pub classes: Vec<UnitCosts>,
    /// Who runs the sites, each once.
    pub operators: Vec<String>,
    /// The end of the warm-up.
    pub counted_from: SimTime,
}

/// Costs of the sites of a fleet entry.
#[derive(Clone, Debug)]
pub(in crate::simulation) struct EntryCosts {
    pub tariff: Tariff,
    pub prices: Prices,
    pub costs: SiteCosts,
    /// Number of its operator.
    pub operator: usize,
}

/// Costs of a unit.
#[derive(Clone, Copy, Debug)]
pub(in crate::simulation) struct UnitCosts {
    pub capex: f64,
    pub lifetime_months: f64,
    /// By the month.
    pub maintenance: f64,
}

/// The node type of each class of node, in order: entry by entry, rack by rack, type by type.
pub(in crate::simulation) fn types_of_classes(scenario: &Scenario) -> impl Iterator<Item = &NodeType> {
    let racks = scenario.fleet.iter().flat_map(|entry| &entry.racks);
    let types = racks.flat_map(|rack| rack.nodes.iter().filter(|(_, count)| **count > 0));
    types.map(|(name, _)| &scenario.nodes[name])
}

impl BillModel {
    /// The tables; `None` where nothing costs anything and nobody asks.
    pub(in crate::simulation) fn new(scenario: &Scenario) -> Option<Box<Self>> {
        let has_tariffs = scenario.fleet.iter().any(|entry| entry.tariff.is_some());
        if scenario.economics.is_none() && !has_tariffs {
            return None;
        }
        let mut operators: Vec<String> = Vec::new();
        let mut entries = Vec::new();
        for entry in &scenario.fleet {
            let name = entry.operator.as_ref().unwrap_or(&entry.name);
            let operator = operators.iter().position(|known| known == name).unwrap_or_else(|| {
                operators.push(name.clone());
                operators.len() - 1
            });
            let tariff = entry.tariff.clone().unwrap_or_default();
            let prices = Prices::of(&tariff, scenario.start, scenario.duration);
            entries.push(EntryCosts { tariff, prices, costs: entry.costs, operator });
        }
        let unit = |node: &NodeType| UnitCosts {
            capex: node.capex.0,
            lifetime_months: node.lifetime_months,
            maintenance: node.maintenance.0,
        };
        Some(Box::new(Self {
            economics: scenario.economics.clone(),
            has_tariffs,
            entries,
            classes: types_of_classes(scenario).map(unit).collect(),
            operators,
            counted_from: SimTime::ZERO + scenario.warmup,
        }))
    }
}
