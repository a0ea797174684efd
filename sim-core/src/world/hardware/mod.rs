//! Hardware: failures of the nodes themselves, what mends them, and hosts that come and go.
//!
//! Lives are drawn per unit and used up by exposure: [`faults`] in the plain case, [`life`] where heat
//! ([`acceleration`]), storms or a bad batch ([`batches`]) have a say. Infant mortality, useful life and wear-out are a
//! mixture of Weibull lives. [`mending`] says what a failure takes, [`crews`] who waits for whom, [`presence`] when
//! owners switch their hosts on and off, [`telemetry`] what can be known beforehand.

pub mod acceleration;
pub mod batches;
pub mod crews;
pub mod faults;
pub mod life;
pub mod mending;
pub mod presence;
pub mod telemetry;

pub use acceleration::Ageing;
pub use crews::Crews;
pub use faults::FaultProcess;
pub use life::{Exposure, Life};
pub use mending::{Mending, time_to_reboot};
pub use presence::Habit;
pub use telemetry::Telemetry;
