//! Who asks. Owns the contract by which a host hands its own users over, LeadBox's own users behind it, and what guards
//! the door: cookies, passwords, how often somebody may try, and from where a form may come.

mod access;
mod address;
mod cookie;
mod own_users;
mod pace;
mod password;
mod same_site;
mod throttle;

pub use access::{Access, Principal, Refusal, Via};
pub use address::ClientAddress;
pub(crate) use address::{Addresses, Client, client_address};
pub(crate) use cookie::{SESSION, cleared, named, session_cookie};
pub use own_users::OwnUsers;
pub(crate) use own_users::bearer;
pub(crate) use pace::Pace;
pub use password::PasswordError;
pub(crate) use password::Passwords;
pub(crate) use same_site::{is_own, refuse_cross_site};
pub(crate) use throttle::Throttle;
