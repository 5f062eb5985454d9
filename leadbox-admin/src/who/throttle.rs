//! How often somebody may try. Owns the limit per address; the one per account is kept with its password, in core.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};

/// Twenty tries at once, then one every three seconds; of this process.
#[derive(Debug)]
pub(crate) struct Throttle {
    limiter: RateLimiter<IpAddr, DashMapStateStore<IpAddr>, DefaultClock>,
    clock: DefaultClock,
}

const AT_ONCE: u32 = 20;
const EVERY: Duration = Duration::from_secs(3);
/// When so many addresses are known, those that may try again are forgotten.
const MANY: usize = 10_000;

impl Default for Throttle {
    fn default() -> Self {
        let burst = NonZeroU32::new(AT_ONCE).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::with_period(EVERY)
            .map_or(Quota::per_second(burst), |quota| quota.allow_burst(burst));
        Self { limiter: RateLimiter::dashmap(quota), clock: DefaultClock::default() }
    }
}

impl Throttle {
    /// Counts a try.
    ///
    /// # Errors
    /// How many seconds to wait.
    pub(crate) fn try_from_address(&self, address: Option<IpAddr>) -> Result<(), u64> {
        if self.limiter.len() > MANY {
            self.limiter.retain_recent();
        }
        // Who cannot be told apart shares one limit.
        let address = address.map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), network);
        self.limiter
            .check_key(&address)
            .map_err(|until| until.wait_time_from(self.clock.now()).as_secs().saturating_add(1))
    }
}

/// An address, or the network that one household or server gets of the newer kind: its first 64 bits.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => match six.to_ipv4_mapped() {
            Some(four) => IpAddr::V4(four),
            None => IpAddr::V6(Ipv6Addr::from_bits(six.to_bits() & !u128::from(u64::MAX))),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_runs_out_and_others_do_not() {
        let throttle = Throttle::default();
        let address = |text: &str| Some(text.parse::<IpAddr>().unwrap());
        for _ in 0..AT_ONCE {
            throttle.try_from_address(address("192.0.2.1")).unwrap();
        }
        let wait = throttle.try_from_address(address("::ffff:192.0.2.1")).unwrap_err();
        assert!((1..=3).contains(&wait), "{wait}");
        throttle.try_from_address(address("192.0.2.2")).unwrap();
        for n in 0..AT_ONCE {
            throttle.try_from_address(address(&format!("2001:db8::{n:x}"))).unwrap();
        }
        assert!(throttle.try_from_address(address("2001:db8::ffff:1")).is_err());
        throttle.try_from_address(address("2001:db8:0:1::1")).unwrap();
        throttle.try_from_address(None).unwrap();
    }
}
