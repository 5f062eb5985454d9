//! What scoring one lead costs. Owns time on this thread's processor and, in builds that count them, allocations.

use std::error::Error;
use std::hint::black_box;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

type Failed = Box<dyn Error>;

/// How often everything is measured; the middle counts.
const SAMPLES: usize = 15;
/// What a sample takes at least.
const LEAST: Duration = Duration::from_millis(20);

#[cfg(feature = "allocations")]
#[global_allocator]
static COUNTED: &stats_alloc::StatsAlloc<std::alloc::System> = &stats_alloc::INSTRUMENTED_SYSTEM;

/// How often memory was asked for so far; none where nobody counts.
#[cfg(feature = "allocations")]
pub fn allocations() -> Option<usize> {
    let stats = COUNTED.stats();
    Some(stats.allocations + stats.reallocations)
}

/// How often memory was asked for so far; none where nobody counts.
#[cfg(not(feature = "allocations"))]
pub fn allocations() -> Option<usize> {
    None
}

/// Time that this thread spent on a processor.
pub fn cpu_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}

/// What one lead costs.
#[derive(Clone, Copy, Debug)]
pub struct PerLead {
    /// Nanoseconds on a processor.
    pub nanos: f64,
    /// How often memory is asked for, where somebody counts.
    pub allocations: Option<f64>,
}

/// Somebody who scores leads.
pub struct Side<'s> {
    name: &'static str,
    leads: usize,
    /// Scores all leads so often, and says how long that took.
    rounds: Box<dyn FnMut(u32) -> Result<Duration, Failed> + 's>,
}

impl<'s> Side<'s> {
    /// Under a name; `score` is given a lead's number.
    pub fn new<T, E: Into<Failed>>(
        name: &'static str,
        leads: usize,
        mut score: impl FnMut(usize) -> Result<T, E> + 's,
    ) -> Self {
        let rounds = Box::new(move |rounds: u32| {
            let began = cpu_time();
            for _ in 0..rounds {
                for lead in 0..leads {
                    black_box(score(black_box(lead)).map_err(Into::into)?);
                }
            }
            Ok(cpu_time().saturating_sub(began))
        });
        Self { name, leads, rounds }
    }
}

/// What a lead costs each side. They take turns, so that what slows the machine for a while slows all of them.
pub fn beside(mut sides: Vec<Side<'_>>) -> Result<Vec<(&'static str, PerLead)>, Failed> {
    let mut measured = Vec::with_capacity(sides.len());
    for side in &mut sides {
        let once = (side.rounds)(1)?.max(Duration::from_micros(1));
        let before = allocations();
        (side.rounds)(1)?;
        let counted = before.zip(allocations()).map(|(before, after)| (after - before) as f64);
        let rounds = (LEAST.as_nanos() / once.as_nanos()).clamp(1, 100_000) as u32;
        measured.push((rounds, counted, Vec::with_capacity(SAMPLES)));
    }
    for _ in 0..SAMPLES {
        for (side, (rounds, _, samples)) in sides.iter_mut().zip(&mut measured) {
            let took = (side.rounds)(*rounds)?.as_secs_f64() * 1e9;
            samples.push(took / f64::from(*rounds) / side.leads as f64);
        }
    }
    let costs = sides.iter().zip(measured).map(|(side, (_, counted, mut samples))| {
        samples.sort_unstable_by(f64::total_cmp);
        let nanos = samples.get(SAMPLES / 2).copied().unwrap_or(f64::NAN);
        let allocations = counted.map(|all| all / side.leads as f64);
        (side.name, PerLead { nanos, allocations })
    });
    Ok(costs.collect())
}
