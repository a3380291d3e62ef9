//! What somebody may have meant: the known word that is nearest to a mistyped one.

/// The longest word that is compared; longer ones are no slip of the pen.
const CHARACTERS_MAX: usize = 40;

/// The known word that differs least, where it differs by less than half and by at most two characters. Full-width
/// letters, capitals and `-` for `_` do not count as differences.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = plain(word);
    if word.len() > CHARACTERS_MAX {
        return None;
    }
    let near = known.into_iter().filter_map(|other| {
        let distance = distance(&word, &plain(other));
        (distance <= 2 && distance.saturating_mul(2) < word.len().max(2)).then_some((distance, other))
    });
    near.min_by_key(|(distance, _)| *distance).map(|(_, other)| other)
}

/// `; did you mean …?` in front of a remedy.
pub(super) fn meant<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, known).map(|other| format!("did you mean `{other}`? ")).unwrap_or_default()
}

fn plain(word: &str) -> Vec<char> {
    let half = |character: char| match character {
        '\u{ff01}'..='\u{ff5e}' => {
            u32::from(character).checked_sub(0xfee0).and_then(char::from_u32).unwrap_or(character)
        }
        other => other,
    };
    word.chars().map(half).map(|one| if one == '-' { '_' } else { one.to_ascii_lowercase() }).collect()
}

/// How many characters must be put in, taken out, replaced, or swapped with their neighbour.
fn distance(one: &[char], other: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, a) in one.iter().enumerate() {
        let mut next = vec![index.saturating_add(1)];
        for (column, b) in other.iter().enumerate() {
            let at = |row: &[usize], back: usize| {
                column.checked_add(1).and_then(|at| at.checked_sub(back)).and_then(|at| row.get(at)).copied()
            };
            let replaced = at(&row, 1).unwrap_or(0).saturating_add(usize::from(a != b));
            let taken_out = at(&row, 0).unwrap_or(0).saturating_add(1);
            let put_in = at(&next, 1).unwrap_or(0).saturating_add(1);
            let mut least = replaced.min(taken_out).min(put_in);
            let crossed = index.checked_sub(1).and_then(|index| one.get(index)) == Some(b)
                && column.checked_sub(1).and_then(|column| other.get(column)) == Some(a);
            if crossed && index > 0 && column > 0 {
                least = least.min(at(&before, 2).unwrap_or(least).saturating_add(1));
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_another_word_is_not() {
        let keys = ["scope", "items", "amount", "share_of_principal", "id"];
        for (slip, key) in [
            ("scpoe", "scope"),
            ("item", "items"),
            ("Amount", "amount"),
            ("ａｍｏｕｎｔ", "amount"),
            ("share-of-principal", "share_of_principal"),
            ("amuont", "amount"),
            ("ammount", "amount"),
        ] {
            assert_eq!(nearest(slip, keys), Some(key), "{slip}");
        }
        for other in ["sponsor", "x", "", "colour", &"a".repeat(1000)] {
            assert_eq!(nearest(other, keys), None, "{other}");
        }
    }

    #[test]
    fn distances() {
        let count = |one: &str, other: &str| distance(&plain(one), &plain(other));
        assert_eq!((count("", "ab"), count("ab", ""), count("ab", "ab")), (2, 2, 0));
        assert_eq!(
            (count("ab", "ba"), count("abc", "acb"), count("abcd", "bd"), count("kitten", "sitting")),
            (1, 1, 2, 3)
        );
    }
}
