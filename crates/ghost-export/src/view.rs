//! What an export is made from: a session, what was recorded, and which functions to write.

use ghost_model::{
    Activation, CallTree, Function, FunctionId, Labels, Process, Profile, Recording, Session,
};

/// Everything a format may write.
#[derive(Clone, Debug)]
pub struct ExportView<'a> {
    /// The session.
    pub session: &'a Session,
    /// Its processes.
    pub processes: &'a [Process],
    /// What was recorded, all processes together.
    pub recording: &'a Recording,
    /// The functions to write, in this order.
    pub functions: Vec<FunctionId>,
    /// Sampled activations of each process, parallel to `processes`; empty where the format does not
    /// need them (see [`crate::Format::needs_activations`]).
    pub activations: &'a [Vec<Activation>],
    /// What ran below what, if that was kept and the format needs it (see
    /// [`crate::Format::needs_call_tree`]).
    pub call_tree: Option<&'a CallTree>,
}

impl<'a> ExportView<'a> {
    /// All observed functions, the most called first.
    pub fn new(session: &'a Session, processes: &'a [Process], recording: &'a Recording) -> Self {
        let mut observed: Vec<_> = recording.observed().collect();
        observed.sort_by_cached_key(|(id, function, profile)| {
            (std::cmp::Reverse(profile.call_count()), function.key.clone(), *id)
        });
        let functions = observed.into_iter().map(|(id, ..)| id).collect();
        Self { session, processes, recording, functions, activations: &[], call_tree: None }
    }

    /// The functions to write with their profiles; ids that mean nothing are left out.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (&'a Function, &'a Profile)> + '_ {
        let recording = self.recording;
        self.functions.iter().filter_map(move |id| {
            Some((recording.functions.get(id.index())?, recording.profiles.get(id.index())?))
        })
    }

    pub(crate) fn labels(&self) -> Labels {
        Labels::new(self.recording)
    }
}
