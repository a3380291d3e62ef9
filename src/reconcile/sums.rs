//! Split and merged payments: a few that add up to one.

/// How many candidates are tried in every combination: 2^10 sums at most for each payment.
const COMBINED_MAX: usize = 10;

/// Some of `candidates` (amount in fen, days away) that add up to `target`, as their places: all of them if that is
/// the sum, otherwise the fewest among the nearest. At least two.
pub(super) fn adding_up(target: i64, candidates: &[(i64, u32)]) -> Option<Vec<usize>> {
    if target == 0 {
        return None;
    }
    let right_sign: Vec<(usize, i64, u32)> = candidates
        .iter()
        .enumerate()
        .filter(|(_, (fen, _))| fen.signum() == target.signum())
        .map(|(at, (fen, days))| (at, *fen, *days))
        .collect();
    if right_sign.len() < 2 {
        return None;
    }
    let total = right_sign.iter().fold(0_i64, |sum, (_, fen, _)| sum.saturating_add(*fen));
    if total == target {
        return Some(right_sign.iter().map(|(at, _, _)| *at).collect());
    }
    let mut smaller: Vec<_> = right_sign.into_iter().filter(|(_, fen, _)| fen.abs() < target.abs()).collect();
    smaller.sort_by_key(|(at, _, days)| (*days, *at));
    smaller.truncate(COMBINED_MAX);
    combination(target, &smaller)
}

fn combination(target: i64, candidates: &[(usize, i64, u32)]) -> Option<Vec<usize>> {
    let combinations = 1_u32.checked_shl(u32::try_from(candidates.len()).ok()?)?;
    let members = |mask: u32| {
        candidates.iter().enumerate().filter(move |(bit, _)| {
            let bit = u32::try_from(*bit).unwrap_or(u32::MAX);
            mask.checked_shr(bit).is_some_and(|rest| rest & 1 == 1)
        })
    };
    let fits = |mask: &u32| members(*mask).fold(0_i64, |sum, (_, (_, fen, _))| sum.saturating_add(*fen)) == target;
    let best =
        (1..combinations).filter(|mask| mask.count_ones() >= 2).filter(fits).min_by_key(|mask| mask.count_ones())?;
    Some(members(best).map(|(_, (at, _, _))| *at).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fewest_that_add_up() {
        assert_eq!(adding_up(300, &[(100, 0), (200, 0)]), Some(vec![0, 1]));
        assert_eq!(adding_up(300, &[(100, 0), (100, 1), (50, 2), (50, 2), (200, 3)]), Some(vec![0, 4]));
        assert_eq!(adding_up(-300, &[(-100, 0), (300, 0), (-200, 9)]), Some(vec![0, 2]));
        assert_eq!(adding_up(300, &[(300, 0)]), None);
        assert_eq!(adding_up(300, &[(100, 0), (199, 0)]), None);
        assert_eq!(adding_up(0, &[(100, 0), (-100, 0)]), None);
    }

    #[test]
    fn a_batch_adds_up_as_a_whole_whatever_its_size() {
        let batch: Vec<(i64, u32)> = (1..=500).map(|fen| (fen, 0)).collect();
        assert_eq!(adding_up(125_250, &batch).map(|found| found.len()), Some(500));
    }
}
