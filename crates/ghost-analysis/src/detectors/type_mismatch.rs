//! `type_mismatch`: what was passed, returned or yielded is not what the annotation says.
//!
//! Decides nothing about types: `annotations` does, and what it does not know is no finding.

mod provenance;

use ghost_model::{Function, FunctionId, Profile, TypeId};

use crate::annotations::{Declaration, DeclaredType, Program, Verdict};
use crate::detector::Detector;
use crate::evidence::Evidence;
use crate::finding::{Fact, FactValue, Finding, Place, Related, Severity};
use crate::words;

/// The share of calls from which on an annotation is wrong more often than right.
const HIGH_SHARE: f64 = 0.5;

/// Callers listed per finding, those with the most calls first.
const CALLERS_MAX: usize = 20;

/// Callers that get a line of their own; the others are counted together.
const CALLERS_SHOWN: usize = 3;

/// Types named per parameter, those with the most calls first; the others are counted together.
const TYPES_SHOWN: usize = 3;

/// The detector.
#[derive(Debug)]
pub struct TypeMismatch;

impl Detector for TypeMismatch {
    fn name(&self) -> &'static str {
        "type_mismatch"
    }

    fn summary(&self) -> &'static str {
        "A parameter, returned or yielded value has a type that its annotation does not admit."
    }

    fn documentation(&self) -> &'static str {
        include_str!("../../../../docs/detectors/type_mismatch.md")
    }

    fn detect(&self, evidence: &Evidence<'_>) -> Vec<Finding> {
        let program = Program::new(evidence.recording, evidence.sources);
        let functions = evidence.recording.observed();
        let check = |(id, function, profile): (FunctionId, &Function, &Profile)| {
            let declaration = program.declaration(function)?;
            let check = Check { evidence, program: &program, function, profile };
            check.contradiction(id, &check.mismatches(&declaration))
        };
        let mut found: Vec<Contradiction> = functions.filter_map(check).collect();
        provenance::lower_what_tests_pass(evidence.recording, &mut found);
        found.into_iter().map(|contradiction| contradiction.finding).collect()
    }
}

/// What a mismatch is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    /// The parameter at this place of the signature.
    Parameter(usize),
    Return,
    Yield,
}

/// One annotation with the types that contradict it.
struct Mismatch<'a> {
    slot: Slot,
    declared: &'a DeclaredType,
    /// How often each type was seen, the most frequent first.
    observed: Vec<(TypeId, u64)>,
    /// How often any type was seen.
    total: u64,
}

impl Mismatch<'_> {
    fn count(&self) -> u64 {
        self.observed.iter().map(|(_, count)| count).sum()
    }

    fn share(&self) -> f64 {
        self.count() as f64 / self.total.max(1) as f64
    }
}

/// One function under examination.
struct Check<'a> {
    evidence: &'a Evidence<'a>,
    program: &'a Program<'a>,
    function: &'a Function,
    profile: &'a Profile,
}

impl Check<'_> {
    fn mismatches<'d>(&self, declaration: &'d Declaration) -> Vec<Mismatch<'d>> {
        let calls = self.profile.call_count();
        let parameters = declaration.parameters.iter().enumerate();
        let mut found: Vec<Mismatch<'d>> = Vec::new();
        for (place, declared) in parameters {
            let Some(declared) = declared else { continue };
            let seen = self.passed(place);
            let mismatch = self.mismatch(Slot::Parameter(place), declared, &seen, calls);
            found.extend(mismatch.filter(|it| !self.refuses(it)));
        }
        if let Some(declared) = &declaration.returned {
            let returns = &self.profile.returns;
            found.extend(self.mismatch(Slot::Return, declared, returns, calls));
        }
        if let Some(declared) = &declaration.yielded {
            let yields = &self.profile.yields;
            let total = yields.iter().map(|(_, count)| count).sum();
            found.extend(self.mismatch(Slot::Yield, declared, yields, total));
        }
        found
    }

    /// Calls per type of the parameter at this place.
    fn passed(&self, place: usize) -> Vec<(TypeId, u64)> {
        let mut passed: Vec<(TypeId, u64)> = Vec::new();
        for (signature, count) in &self.profile.args {
            let Some(&id) = signature.get(place) else { continue };
            match passed.iter_mut().find(|(seen, _)| *seen == id) {
                Some((_, sum)) => *sum += count,
                None => passed.push((id, *count)),
            }
        }
        passed
    }

    /// Whether as many calls returned `NotImplemented`: an operator refuses that way what it is not
    /// made for, and Python asks the other operand.
    fn refuses(&self, mismatch: &Mismatch<'_>) -> bool {
        let refused = self.profile.returns.iter().filter(|(id, _)| self.is_refusal(*id));
        refused.map(|(_, count)| count).sum::<u64>() >= mismatch.count()
    }

    fn is_refusal(&self, id: TypeId) -> bool {
        let observed = self.evidence.recording.types.get(id.index());
        observed.is_some_and(|observed| observed.full_name() == "NotImplementedType")
    }

    fn mismatch<'d>(
        &self,
        slot: Slot,
        declared: &'d DeclaredType,
        seen: &[(TypeId, u64)],
        total: u64,
    ) -> Option<Mismatch<'d>> {
        let contradicts = |id: TypeId| {
            let observed = self.evidence.recording.types.get(id.index());
            let refusal = slot == Slot::Return && self.is_refusal(id);
            let verdict = observed.map(|observed| declared.verdict(self.program, observed));
            !refusal && verdict == Some(Verdict::No)
        };
        let found = seen.iter().filter(|(id, count)| *count > 0 && contradicts(*id));
        let mut observed: Vec<(TypeId, u64)> = found.copied().collect();
        observed.sort_by_key(|&(id, count)| (std::cmp::Reverse(count), id));
        (!observed.is_empty()).then_some(Mismatch { slot, declared, observed, total })
    }

    fn contradiction(&self, id: FunctionId, mismatches: &[Mismatch<'_>]) -> Option<Contradiction> {
        let weight = mismatches.iter().map(Mismatch::count).max()?;
        let callers = self.callers(mismatches);
        let half = mismatches.iter().any(|mismatch| mismatch.share() >= HIGH_SHARE);
        let parameters = |it: &Mismatch<'_>| matches!(it.slot, Slot::Parameter(_));
        let lines = mismatches.iter().flat_map(|it| self.messages(it));
        let made_by = self.program.made_by(self.function);
        let made_by = made_by.map(|(_, line)| format!("the data class is in line {line}"));
        let messages = lines.chain(made_by).chain(self.caller_messages(&callers)).collect();
        let finding = Finding {
            detector: TypeMismatch.name(),
            severity: if half { Severity::High } else { Severity::Medium },
            place: self.place(id),
            subject: String::new(),
            messages,
            facts: vec![(
                "mismatches",
                FactValue::Groups(mismatches.iter().map(|it| self.facts(it)).collect()),
            )],
            related: callers.iter().take(CALLERS_MAX).map(|it| self.related(it)).collect(),
            weight,
        };
        let only_parameters = mismatches.iter().all(parameters);
        Some(Contradiction { id, finding, callers, only_parameters })
    }

    /// Where the function is defined; what a data class makes is where its class is.
    fn place(&self, id: FunctionId) -> Place {
        let made_by = self.program.made_by(self.function);
        let place = self.evidence.place(id);
        match made_by {
            Some((file, line)) => Place { file: file.to_owned(), line, ..place },
            None => place,
        }
    }

    fn subject(&self, slot: Slot) -> (&'static str, &str) {
        match slot {
            Slot::Parameter(place) => ("param", self.parameter_name(place)),
            Slot::Return => ("return", ""),
            Slot::Yield => ("yield", ""),
        }
    }

    fn parameter_name(&self, place: usize) -> &str {
        self.function.parameters.split(',').nth(place).unwrap_or_default()
    }

    /// One line for each type, and one for all that are too many.
    fn messages(&self, mismatch: &Mismatch<'_>) -> Vec<String> {
        let all = &mismatch.observed;
        let shown = if all.len() == TYPES_SHOWN + 1 { all.len() } else { TYPES_SHOWN };
        let (shown, others) = all.split_at(shown.min(all.len()));
        let mut messages: Vec<String> = shown
            .iter()
            .map(|(id, count)| {
                let label = self.evidence.type_label(*id);
                self.message(mismatch, &format!("'{label}'"), *count)
            })
            .collect();
        if !others.is_empty() {
            let count = others.iter().map(|(_, count)| count).sum();
            messages.push(self.message(mismatch, &format!("{} other types", others.len()), count));
        }
        messages
    }

    fn message(&self, mismatch: &Mismatch<'_>, observed: &str, count: u64) -> String {
        let subject = match self.subject(mismatch.slot) {
            (kind, "") => kind.to_owned(),
            (kind, name) => format!("{kind} '{name}'"),
        };
        let of = if mismatch.slot == Slot::Yield { "values" } else { "calls" };
        let (annotation, total) = (&mismatch.declared.text, mismatch.total);
        let share = whole_percentage(count, total);
        format!(
            "{subject} annotated as {annotation} but observed {observed} in {count}/{total} {of} ({share})"
        )
    }

    fn facts(&self, mismatch: &Mismatch<'_>) -> Vec<Fact> {
        let (kind, name) = self.subject(mismatch.slot);
        let mut facts = vec![("kind", FactValue::Text(kind.to_owned()))];
        if !name.is_empty() {
            facts.push(("parameter", FactValue::Text(name.to_owned())));
        }
        let observed = mismatch.observed.iter();
        let observed =
            observed.map(|(id, count)| (self.evidence.type_label(*id).to_owned(), *count));
        facts.extend([
            ("annotation", FactValue::Text(mismatch.declared.text.clone())),
            ("observed", FactValue::Counts(observed.collect())),
            ("total", FactValue::Count(mismatch.total)),
        ]);
        facts
    }

    /// Who passed what contradicts, those with the most calls first.
    fn callers(&self, mismatches: &[Mismatch<'_>]) -> Vec<Caller> {
        let mut callers: Vec<Caller> = Vec::new();
        for ((id, signature), count) in &self.profile.args_by_caller {
            for mismatch in mismatches {
                let Slot::Parameter(place) = mismatch.slot else { continue };
                let Some(&passed) = signature.get(place) else { continue };
                if mismatch.observed.iter().any(|(observed, _)| *observed == passed) {
                    add(&mut callers, *id, (place, passed), *count);
                }
            }
        }
        for caller in &mut callers {
            caller.passed.sort_by_key(|(what, count)| (std::cmp::Reverse(*count), *what));
        }
        callers.sort_by_key(|caller| {
            std::cmp::Reverse(caller.passed.iter().map(|(_, count)| *count).max())
        });
        callers
    }

    fn related(&self, caller: &Caller) -> Related {
        Related { place: self.evidence.place(caller.id), note: self.passed_by(caller) }
    }

    /// One line for each caller, and one for all that are too many; none where no Python code called.
    fn caller_messages(&self, callers: &[Caller]) -> Vec<String> {
        let callers: Vec<&Caller> =
            callers.iter().filter(|caller| caller.id != FunctionId::ROOT).collect();
        let shown = if callers.len() == CALLERS_SHOWN + 1 { callers.len() } else { CALLERS_SHOWN };
        let (shown, others) = callers.split_at(shown.min(callers.len()));
        let line = |caller: &&Caller| {
            let name = words::function(self.evidence.recording, caller.id);
            format!("{name} {}", self.passed_by(caller))
        };
        let mut lines: Vec<String> = shown.iter().map(line).collect();
        if !others.is_empty() {
            lines.push(format!("and {} other callers", others.len()));
        }
        lines
    }

    /// `passed 'float' as 'price' in 3 calls`
    fn passed_by(&self, caller: &Caller) -> String {
        let (shown, others) = caller.passed.split_at(TYPES_SHOWN.min(caller.passed.len()));
        let shown = shown.iter().map(|((place, observed), count)| {
            let label = self.evidence.type_label(*observed);
            let calls = if *count == 1 { "call" } else { "calls" };
            format!("'{label}' as '{}' in {count} {calls}", self.parameter_name(*place))
        });
        let mut passed: Vec<String> = shown.collect();
        if !others.is_empty() {
            passed.push(format!("{} more", others.len()));
        }
        format!("passed {}", passed.join(", "))
    }
}

/// A finding with what is needed to tell where it comes from.
struct Contradiction {
    id: FunctionId,
    finding: Finding,
    callers: Vec<Caller>,
    /// Whether only parameters are concerned: what is returned is not the callers' doing.
    only_parameters: bool,
}

/// A caller with what it passed: place and type, and how often.
struct Caller {
    id: FunctionId,
    passed: Vec<((usize, TypeId), u64)>,
}

fn add(callers: &mut Vec<Caller>, id: FunctionId, what: (usize, TypeId), count: u64) {
    let known = callers.iter().position(|caller| caller.id == id);
    let index = known.unwrap_or_else(|| {
        callers.push(Caller { id, passed: Vec::new() });
        callers.len() - 1
    });
    let Some(caller) = callers.get_mut(index) else { return };
    match caller.passed.iter_mut().find(|(other, _)| *other == what) {
        Some((_, sum)) => *sum += count,
        None => caller.passed.push((what, count)),
    }
}

/// A share in whole percent; nothing that happened is 0 %, nothing that did not always happen 100 %.
fn whole_percentage(part: u64, whole: u64) -> String {
    let percent = part as f64 / whole.max(1) as f64 * 100.0;
    match percent.round() as u64 {
        0 if part > 0 => "<1%".to_owned(),
        100 if part < whole => ">99%".to_owned(),
        rounded => format!("{rounded}%"),
    }
}
