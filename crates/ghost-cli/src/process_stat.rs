//! What `/proc/PID/stat` tells of a process: whether it is stopped, its group and its session.
//!
//! Read as numbers because group and session may be 0: their leader is outside our PID namespace, as
//! it is for what a container's first process starts. The typed system calls take 0 for impossible.

use std::fs;

/// The fields that job control needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ProcessStat {
    state: char,
    group: i32,
    session: i32,
}

impl ProcessStat {
    /// Of a process that is visible here; `None` once it is gone.
    pub(crate) fn of(pid: u32) -> Option<Self> {
        Self::parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }

    /// Of this process.
    pub(crate) fn own() -> Option<Self> {
        Self::of(std::process::id())
    }

    /// Whether it is stopped by a signal.
    pub(crate) fn is_stopped(self) -> bool {
        self.state == 'T'
    }

    /// Its process group; 0 if the group's leader is outside our PID namespace.
    pub(crate) fn group(self) -> i32 {
        self.group
    }

    /// Whether the process with this id leads its session.
    pub(crate) fn is_session_of(self, pid: u32) -> bool {
        u32::try_from(self.session) == Ok(pid)
    }

    fn parse(stat: &str) -> Option<Self> {
        // The name before the state may hold spaces and parentheses.
        let (_, rest) = stat.rsplit_once(") ")?;
        let mut fields = rest.split(' ');
        let state = fields.next()?.chars().next()?;
        let _parent = fields.next()?;
        let mut number = || fields.next()?.parse().ok();
        Some(Self { state, group: number()?, session: number()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_look_like_the_rest() {
        let stat = ProcessStat::parse("42 (a) R 1) T 7 40 41 0 -1 4194304 ").unwrap();
        assert!(stat.is_stopped() && stat.is_session_of(41) && stat.group() == 40);
        assert_eq!(ProcessStat::parse("42 (a) T"), None);
    }

    #[test]
    fn leaders_out_of_sight_are_zero() {
        let stat = ProcessStat::parse("42 (ghost) S 0 0 0 0 -1 ").unwrap();
        assert_eq!(stat.group(), 0);
        assert!(!stat.is_stopped() && !stat.is_session_of(42));
    }

    #[test]
    fn this_process_is_there_and_one_with_an_impossible_id_is_not() {
        assert!(!ProcessStat::own().unwrap().is_stopped());
        assert_eq!(ProcessStat::of(u32::MAX), None);
    }
}
