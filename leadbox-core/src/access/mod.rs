//! Who may do what. Owns permissions and their levels, roles, and what follows from them for one asker. Decides; knows
//! nothing of how an asker proves who it is, nor of where roles are kept.

mod capability;
mod effective;
mod grants;
mod guard;
mod level;
mod named;
mod permission;
mod rights;
mod role;

pub use capability::Capability;
pub(crate) use effective::merge;
pub use effective::{CapabilitySource, EffectiveAccess, FieldSource, PermissionSource};
pub use grants::Grants;
pub use level::Level;
pub use permission::Permission;
pub use rights::{Denied, Rights};
pub use role::Role;
