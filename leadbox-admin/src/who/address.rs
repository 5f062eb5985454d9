//! From where somebody asks. Owns reading it from the connection; a host behind a proxy says how to read it from a header.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::ConnectInfo;
use axum::http::request::Parts;

/// Reads the client's address from a request's head. Only a host knows which proxies to believe.
pub type ClientAddress = dyn Fn(&Parts) -> Option<IpAddr> + Send + Sync;

/// How addresses are read.
#[derive(Clone)]
pub(crate) struct Addresses(pub(crate) Arc<ClientAddress>);

impl Default for Addresses {
    fn default() -> Self {
        Self(Arc::new(of_connection))
    }
}

impl fmt::Debug for Addresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Addresses(..)")
    }
}

/// The other end of the connection, if the host serves with `into_make_service_with_connect_info::<SocketAddr>()`.
fn of_connection(parts: &Parts) -> Option<IpAddr> {
    parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip())
}

/// The address that a request came from, put there by the outermost layer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Client(pub(crate) Option<IpAddr>);

/// The address that a request came from.
pub(crate) fn client_address(parts: &Parts) -> Option<IpAddr> {
    parts.extensions.get::<Client>().and_then(|Client(address)| *address)
}
