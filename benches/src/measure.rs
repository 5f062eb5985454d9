//! What a piece of work cost: wall time, CPU time and memory of this process, read from /proc (Linux). The CPU time of a
//! database server is not in it; for Postgres compare wall times.

use std::fs;
use std::time::{Duration, Instant};

/// What a piece of work cost.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// Time on the wall.
    pub wall: Duration,
    /// Time on a processor, of all threads of this process.
    pub cpu: Duration,
}

impl Cost {
    /// Microseconds on the wall per unit.
    pub fn wall_per(&self, units: u64) -> f64 {
        self.wall.as_secs_f64() * 1e6 / units.max(1) as f64
    }

    /// Microseconds on a processor per unit.
    pub fn cpu_per(&self, units: u64) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / units.max(1) as f64
    }
}

/// Runs `work` and measures it.
pub async fn cost<T>(work: impl Future<Output = T>) -> (T, Cost) {
    let (began, cpu) = (Instant::now(), cpu_time());
    let outcome = work.await;
    (outcome, Cost { wall: began.elapsed(), cpu: cpu_time().saturating_sub(cpu) })
}

/// CPU time of this process so far; 10 ms steps.
fn cpu_time() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The second field is a name in brackets and may hold spaces.
    let fields: Vec<&str> =
        stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks =
        |index: usize| fields.get(index).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
    Duration::from_millis((ticks(11) + ticks(12)) * 10)
}

/// The most memory this process ever held, in MiB.
pub fn peak_mib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1024
}

/// The value below which `percent` of the sorted samples lie.
pub fn percentile(samples: &mut [Duration], percent: usize) -> Duration {
    samples.sort_unstable();
    let index = (samples.len() * percent).div_ceil(100).saturating_sub(1);
    samples.get(index).copied().unwrap_or_default()
}
