//! How much a run does, and by which random choices. Owns what comes from the environment, and telling what a run
//! measured.

use std::fmt::Display;
use std::io::Write;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// How much to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Length {
    /// A few seconds.
    Short,
    /// The numbers that are promised.
    Long,
}

/// How much to do, and the seed of random choices.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    length: Length,
    pub(super) seed: u64,
}

impl Budget {
    pub(super) fn from_environment() -> Self {
        let long = std::env::var("LEADBOX_LONG").is_ok_and(|value| value == "1");
        let length = if long { Length::Long } else { Length::Short };
        let seed = match std::env::var("LEADBOX_SEED") {
            Ok(seed) => seed.parse().unwrap_or_else(|_| panic!("LEADBOX_SEED={seed} is no number")),
            Err(_) => rand::make_rng::<StdRng>().next_u64(),
        };
        Self { length, seed }
    }

    /// One of two numbers.
    pub(super) fn choose<T>(self, short: T, long: T) -> T {
        match self.length {
            Length::Short => short,
            Length::Long => long,
        }
    }

    pub(super) fn rng(self) -> StdRng {
        StdRng::seed_from_u64(self.seed)
    }

    /// Says how to repeat the run. The runner shows it when the test fails.
    pub(super) fn tell_seed(self) {
        println_captured(&format!("LEADBOX_SEED={}", self.seed));
    }

    /// Says what was measured: past the runner, so that it is seen when the test passes.
    pub(super) fn tell(self, summary: impl Display) {
        let line = format!("{summary} (LEADBOX_SEED={})\n", self.seed);
        // Nobody listening is no reason to fail.
        let _ = std::io::stderr().write_all(line.as_bytes());
    }
}

#[expect(clippy::print_stdout, reason = "what is printed so is shown with a failed test only")]
fn println_captured(line: &str) {
    println!("{line}");
}
