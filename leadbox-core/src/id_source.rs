//! Where ids, salts and jitter come from. Owns the only contact of core with randomness, so that tests and replay can
//! inject a seeded one.

use std::fmt::Debug;
use std::sync::Mutex;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use uuid::Uuid;

use crate::time::Timestamp;

/// Makes ids and random bytes. Hosts use [`RandomIds`]; tests inject a seeded one.
pub trait IdSource: Debug + Send + Sync + 'static {
    /// A UUIDv7 (RFC 9562, section 5.7) for the moment `at`, greater than every one made before by this source for
    /// the same or an earlier moment, so that ids sort in the order in which they were made.
    fn uuid(&self, at: Timestamp) -> Uuid;

    /// Sixteen random bytes: the salt of an event's commitment.
    fn salt(&self) -> [u8; 16];

    /// A number in `0.0..1.0`, for jitter.
    fn fraction(&self) -> f64;
}

/// Ids from the operating system's randomness.
#[derive(Debug)]
pub struct RandomIds(Mutex<Generator>);

#[derive(Debug)]
struct Generator {
    rng: StdRng,
    /// The 48-bit millisecond stamp and the 74 bits behind it, of the last id.
    last: (u64, u128),
}

/// Bits of a UUIDv7 that are neither time, version nor variant.
const TAIL_BITS: u32 = 74;

impl RandomIds {
    /// A source seeded by the operating system.
    pub fn new() -> Self {
        Self::from_rng(rand::make_rng())
    }

    /// A source whose every id follows from `seed`: for tests, demos and replay.
    pub fn seeded(seed: u64) -> Self {
        Self::from_rng(StdRng::seed_from_u64(seed))
    }

    fn from_rng(rng: StdRng) -> Self {
        Self(Mutex::new(Generator { rng, last: (0, 0) }))
    }

    fn with<T>(&self, use_it: impl FnOnce(&mut Generator) -> T) -> T {
        // A panic elsewhere cannot leave the generator half-written, so a poisoned lock is still good.
        use_it(&mut self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

impl Default for RandomIds {
    fn default() -> Self {
        Self::new()
    }
}

impl IdSource for RandomIds {
    fn uuid(&self, at: Timestamp) -> Uuid {
        let millis = u64::try_from(at.timestamp_millis()).unwrap_or(0) & 0xffff_ffff_ffff;
        self.with(|generator| {
            let (last_millis, last_tail) = generator.last;
            let (stamp, tail) = if millis > last_millis {
                // The top bit stays clear, so that counting up within a millisecond cannot run out.
                (millis, random_tail(&mut generator.rng) >> 1)
            } else {
                let step = u128::from(generator.rng.next_u32() >> 8) + 1;
                let next = last_tail + step;
                if next >> TAIL_BITS == 0 {
                    (last_millis, next)
                } else {
                    (last_millis + 1, random_tail(&mut generator.rng) >> 1)
                }
            };
            generator.last = (stamp, tail);
            assemble(stamp, tail)
        })
    }

    fn salt(&self) -> [u8; 16] {
        self.with(|generator| {
            let mut salt = [0; 16];
            generator.rng.fill_bytes(&mut salt);
            salt
        })
    }

    fn fraction(&self) -> f64 {
        let bits = self.with(|generator| generator.rng.next_u32());
        f64::from(bits) / (f64::from(u32::MAX) + 1.0)
    }
}

fn random_tail(rng: &mut StdRng) -> u128 {
    let wide = (u128::from(rng.next_u64()) << 64) | u128::from(rng.next_u64());
    wide & ((1 << TAIL_BITS) - 1)
}

/// Lays time, version, variant and tail out as RFC 9562 draws them.
fn assemble(millis: u64, tail: u128) -> Uuid {
    let rand_a = tail >> 62;
    let rand_b = tail & ((1 << 62) - 1);
    Uuid::from_u128(
        (u128::from(millis) << 80) | (0x7 << 76) | (rand_a << 64) | (0b10 << 62) | rand_b,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    #[test]
    fn ids_rise_even_when_the_clock_stands_still_or_goes_back() {
        let ids = RandomIds::seeded(7);
        let mut last = Uuid::nil();
        for step in 0..10_000_i64 {
            let at = DateTime::from_timestamp_millis(1_700_000_000_000 + (step % 7) - (step % 3))
                .unwrap();
            let id = ids.uuid(at);
            assert!(id > last, "{id} follows {last}");
            assert_eq!(id.get_version_num(), 7);
            assert_eq!(id.get_variant(), uuid::Variant::RFC4122);
            last = id;
        }
    }

    #[test]
    fn the_same_seed_makes_the_same_ids() {
        let at = DateTime::from_timestamp_millis(1_700_000_000_000).unwrap();
        let (a, b) = (RandomIds::seeded(1), RandomIds::seeded(1));
        assert_eq!((a.uuid(at), a.salt()), (b.uuid(at), b.salt()));
        assert_ne!(RandomIds::seeded(2).uuid(at), a.uuid(at));
        assert!((0.0..1.0).contains(&a.fraction()));
    }
}
