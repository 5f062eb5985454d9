//! The processes of a Postgres server on this machine, found through /proc (Linux). Owns how much CPU time they had so far:
//! the postmaster, its children, and those of its children that ended.

use std::fs;
use std::time::Duration;

use sqlx::PgConnection;

/// How often times are read again because a process ended meanwhile.
const TRIES: u32 = 10;

/// A server, by its postmaster.
#[derive(Clone, Copy, Debug)]
pub struct Server {
    postmaster: u32,
}

impl Server {
    /// The one that answers here; none when it runs on another machine or in another container.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn of(connection: &mut PgConnection) -> sqlx::Result<Option<Self>> {
        let backend: i32 =
            sqlx::query_scalar("select pg_backend_pid()").fetch_one(connection).await?;
        let backend = u32::try_from(backend).ok().and_then(Process::read);
        let parent = backend.filter(|backend| backend.name == "postgres").map(|one| one.parent);
        let postmaster = parent.and_then(Process::read).filter(|parent| parent.name == "postgres");
        Ok(postmaster.map(|postmaster| Self { postmaster: postmaster.pid }))
    }

    /// CPU time of all its processes so far.
    pub fn cpu_time(self) -> Duration {
        let mut time = Duration::ZERO;
        for _ in 0..TRIES {
            let ended = self.ended();
            let family = Process::all()
                .filter(|one| one.pid == self.postmaster || one.parent == self.postmaster);
            time = ended + family.map(|one| one.on_cpu()).sum::<Duration>();
            // A child that ended in between was counted twice or not at all.
            if self.ended() == ended {
                break;
            }
        }
        time
    }

    /// CPU time of the children that ended.
    fn ended(self) -> Duration {
        Process::read(self.postmaster).map_or(Duration::ZERO, |postmaster| postmaster.ended)
    }
}

/// What /proc/PID/stat says of a process.
#[derive(Debug, PartialEq, Eq)]
struct Process {
    pid: u32,
    name: String,
    parent: u32,
    /// CPU time of its own, in steps of 10 ms.
    own: Duration,
    /// CPU time of its children that ended, in steps of 10 ms.
    ended: Duration,
}

impl Process {
    fn all() -> impl Iterator<Item = Self> {
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        entries.filter_map(|entry| Self::read(entry.file_name().to_str()?.parse().ok()?))
    }

    fn read(pid: u32) -> Option<Self> {
        Self::parse(pid, &fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }

    fn parse(pid: u32, stat: &str) -> Option<Self> {
        // The name stands in brackets and may hold spaces and brackets.
        let (name, rest) = stat.split_once('(')?.1.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let ticks = |index: usize| fields.get(index)?.parse::<u64>().ok();
        // Linux shows 100 ticks a second on every machine that servers run on.
        let time = |one, other| Some(Duration::from_millis((ticks(one)? + ticks(other)?) * 10));
        Some(Self {
            pid,
            name: name.to_owned(),
            parent: fields.get(1)?.parse().ok()?,
            own: time(11, 12)?,
            ended: time(13, 14)?,
        })
    }

    /// CPU time of its own, in nanoseconds where the kernel counts these. A server's processes have one thread each.
    fn on_cpu(&self) -> Duration {
        let text = fs::read_to_string(format!("/proc/{}/schedstat", self.pid)).unwrap_or_default();
        let nanos = text.split_whitespace().next().and_then(|field| field.parse().ok());
        nanos.filter(|nanos| *nanos > 0).map_or(self.own, Duration::from_nanos)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_behind_an_odd_name_are_found() {
        let stat = "12 (a (b) c) S 7 12 12 0 -1 4194560 1 2 3 4 150 50 30 10 20 0 1 0 99 0";
        let process = Process::parse(12, stat).unwrap();
        assert_eq!((process.name.as_str(), process.parent), ("a (b) c", 7));
        assert_eq!((process.own.as_millis(), process.ended.as_millis()), (2000, 400));
        assert_eq!(Process::parse(12, "12 (a) S 7"), None);
    }
}
