//! Seeds that found something: they run before all others, for ever, although a later generator makes other commands of
//! them. What they found stands in `tests/it/regression.rs`, in a form that does not change.

use super::plan::{Faults, Plan, Workload};

/// One that is kept.
#[derive(Debug, Clone)]
pub struct Kept {
    /// What to run.
    pub plan: Plan,
    /// What it had found.
    pub found: String,
}

/// What stands before a seed that is one of a nation.
const NATION: &str = "nation:";

/// The seeds of a file; one line each: seed, steps, callers, what it found. A seed of a nation is `nation:SEED`. `#`
/// begins a comment.
///
/// # Errors
///
/// The line that is none.
pub fn kept(text: &str) -> Result<Vec<Kept>, String> {
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    lines.filter(|line| !line.is_empty()).map(|line| parse(line).ok_or_else(|| refused(line))).collect()
}

/// The line by which a plan is kept.
pub fn line_of(plan: &Plan, found: &str) -> String {
    let Plan { seed, steps, submitters, workload, .. } = plan;
    let nation = if *workload == Workload::Nation { NATION } else { "" };
    format!("{nation}{seed} {steps} {submitters} {found}")
}

impl Kept {
    /// Those that every build knows.
    pub fn shipped() -> Vec<Self> {
        kept(include_str!("seeds.txt")).expect("the file of the seeds is right")
    }
}

fn parse(line: &str) -> Option<Kept> {
    let (workload, line) = match line.strip_prefix(NATION) {
        Some(rest) => (Workload::Nation, rest),
        None => (Workload::Town, line),
    };
    let mut words = line.splitn(4, ' ');
    let mut number = || words.next()?.parse().ok();
    let (seed, steps, submitters) = (number()?, number()?, number()?);
    let found = words.next().unwrap_or_default().to_owned();
    let possible = steps > 0 && submitters > 0;
    possible.then_some(Kept { plan: Plan { seed, steps, submitters, faults: Faults::Seeded, workload }, found })
}

fn refused(line: &str) -> String {
    format!("`{line}` is no kept seed; expected `SEED STEPS CALLERS WHAT IT FOUND`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_seeds_is_read_and_what_is_none_is_refused() {
        assert!(Kept::shipped().len() >= 3);
        let read = kept("# a comment\n\n7 500 2 a claim stayed open # said twice\n").unwrap();
        let Plan { seed, steps, submitters, .. } = read[0].plan;
        assert_eq!(
            (read.len(), seed, steps, submitters, read[0].found.as_str()),
            (1, 7, 500, 2, "a claim stayed open")
        );
        let nation = kept("nation:7 500 2 why").unwrap();
        assert_eq!((nation[0].plan.seed, nation[0].plan.workload), (7, Workload::Nation));
        assert_eq!(line_of(&nation[0].plan, "why"), "nation:7 500 2 why");
        assert_eq!(read[0].plan.workload, Workload::Town);
        for wrong in ["7 500", "nation 7 500 2 why", "7 x 1 why", "7 0 1 why", "7 5 0 why"] {
            assert!(kept(wrong).unwrap_err().contains(wrong), "{wrong}");
        }
    }
}
