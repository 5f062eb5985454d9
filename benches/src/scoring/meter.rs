//! What scoring one lead costs. Owns time on this thread's processor and, in builds that count them, allocations.

use std::error::Error;
use std::hint::black_box;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

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

/// Scores all leads, again and again. `score` is given a lead's number.
pub fn per_lead<T, E: Into<Box<dyn Error>>>(
    leads: usize,
    mut score: impl FnMut(usize) -> Result<T, E>,
) -> Result<PerLead, Box<dyn Error>> {
    let mut all = |rounds: u32| -> Result<Duration, Box<dyn Error>> {
        let began = cpu_time();
        for _ in 0..rounds {
            for lead in 0..leads {
                black_box(score(black_box(lead)).map_err(Into::into)?);
            }
        }
        Ok(cpu_time().saturating_sub(began))
    };
    let once = all(1)?.max(Duration::from_micros(1));
    let before = allocations();
    all(1)?;
    let counted = before.zip(allocations()).map(|(before, after)| (after - before) as f64);
    let rounds = (LEAST.as_nanos() / once.as_nanos()).clamp(1, 100_000) as u32;
    let mut samples = Vec::with_capacity(SAMPLES);
    for _ in 0..SAMPLES {
        samples.push(all(rounds)?.as_secs_f64() * 1e9 / f64::from(rounds) / leads as f64);
    }
    samples.sort_unstable_by(f64::total_cmp);
    let nanos = samples.get(SAMPLES / 2).copied().unwrap_or(f64::NAN);
    Ok(PerLead { nanos, allocations: counted.map(|all| all / leads as f64) })
}
