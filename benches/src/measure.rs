//! What a piece of work cost: wall time, CPU time and memory. CPU time is this process's, all threads, by its clock of the
//! kernel; with Postgres the server's is added, from /proc (see `server`), for LeadBox and for hand-written code alike. What
//! the server does for nobody in particular is in it too, and what it puts off until after the work is not. Memory is this
//! process's.

use std::fmt;
use std::fs;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use crate::server::Server;

/// What a piece of work cost.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// Time on the wall.
    pub wall: Duration,
    /// Time on a processor, of all threads of this process and of the server.
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

/// Measures work, by what does it.
#[derive(Clone, Copy, Debug)]
pub enum Meter {
    /// This process alone.
    Process,
    /// This process and a server on this machine.
    WithServer(Server),
    /// This process, and a server that is out of sight.
    WithoutServer,
}

impl Meter {
    /// Runs `work` and measures it.
    pub async fn cost<T>(self, work: impl Future<Output = T>) -> (T, Cost) {
        let (cpu, began) = (self.cpu_time(), Instant::now());
        let outcome = work.await;
        let wall = began.elapsed();
        (outcome, Cost { wall, cpu: self.cpu_time().saturating_sub(cpu) })
    }

    /// What its CPU time is, for readers of the figures.
    pub fn says(self) -> &'static str {
        match self {
            Self::Process => "CPU is this process's, which the database is a part of.",
            Self::WithServer(_) => {
                "CPU is this process's and the server's: the postmaster, its children, and those that ended \
                 meanwhile, from /proc, on both sides."
            }
            Self::WithoutServer => {
                "CPU is this process's alone: the server does not run on this machine. Compare wall times."
            }
        }
    }

    fn cpu_time(self) -> Duration {
        let server = match self {
            Self::WithServer(server) => server.cpu_time(),
            Self::Process | Self::WithoutServer => Duration::ZERO,
        };
        let own = clock_gettime(ClockId::ProcessCPUTime);
        server + Duration::try_from(own).unwrap_or_default()
    }
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

/// Half of the samples, and 95 of 100, took no longer.
#[derive(Clone, Copy, Debug)]
pub struct Took {
    /// Half of them.
    pub p50: Duration,
    /// 95 of 100.
    pub p95: Duration,
}

impl Took {
    /// Of these samples.
    pub fn of(samples: &mut [Duration]) -> Self {
        Self { p50: percentile(samples, 50), p95: percentile(samples, 95) }
    }

    /// The middle figures of several rounds.
    pub fn middle(rounds: impl Iterator<Item = Self>) -> Self {
        let (mut p50, mut p95): (Vec<_>, Vec<_>) = rounds.map(|took| (took.p50, took.p95)).unzip();
        Self { p50: percentile(&mut p50, 50), p95: percentile(&mut p95, 50) }
    }
}

impl fmt::Display for Took {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = |took: Duration| took.as_secs_f64() * 1e3;
        write!(f, "{:.2} / {:.2}", millis(self.p50), millis(self.p95))
    }
}
