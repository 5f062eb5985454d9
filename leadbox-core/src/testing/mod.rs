//! What a host's own tests need: a LeadBox in memory whose clock and ids the test holds, leads to put in, and a look at
//! what was announced. Behind the feature `testing`; nothing here belongs in a product.
//!
//! ```
//! use leadbox_core::testing::{Announced, Sandbox, some_lead};
//! use leadbox_core::EventType;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let sandbox = Sandbox::new()?;
//! let lead = sandbox.leadbox.leads().capture(&some_lead(1)).await?.lead;
//! sandbox.clock.advance(chrono::TimeDelta::days(2));
//! sandbox.leadbox.leads().advance(lead.id, "qualified").await?;
//!
//! let announced = Announced::about(&sandbox.leadbox, lead.id).await?;
//! announced.assert_types(&[EventType::LEAD_CAPTURED, EventType::LEAD_STAGE_CHANGED]);
//! assert_eq!(announced.previous(&EventType::LEAD_STAGE_CHANGED, "stage"), Some("new".into()));
//! # Ok(())
//! # }
//! ```

mod announced;
mod clock;
mod fixtures;
#[cfg(test)]
mod meddling;
mod sandbox;

pub use announced::Announced;
pub use clock::ManualClock;
pub use fixtures::{full_lead, some_interaction, some_lead, some_task};
#[cfg(test)]
pub(crate) use meddling::MeddlingIds;
pub use sandbox::Sandbox;
