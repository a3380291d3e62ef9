//! Amounts as they are read, written, added and rounded.

use proptest::prelude::*;

use super::*;

#[test]
fn amounts_are_written_as_their_decimals_are() {
    for fen in [0, 1, 9, 10, 99, 100, 101, 12_345, -1, -100, -12_345, i64::MAX, i64::MIN] {
        let amount = Amount::from_fen(fen);
        assert_eq!(amount.to_string(), amount.0.to_string());
        assert_eq!(format!("{amount:>30}|{amount:<30}|{amount:+}"), format!("{0:>30}|{0:<30}|{0:+}", amount.0));
    }
    let large = Amount::from_fen(i64::MAX).plus(Amount::from_fen(i64::MAX)).plus(Amount::from_fen(i64::MAX));
    assert_eq!(large.to_string(), "276701161105643274.21");
}

fn yuan(text: &str) -> Amount {
    Amount::parse(text).unwrap()
}

#[test]
fn plain_sums_are_read() {
    for (text, shown) in [
        ("0", "0.00"),
        ("37400", "37400.00"),
        ("0.5", "0.50"),
        ("00.05", "0.05"),
        ("9999999999999.99", "9999999999999.99"),
    ] {
        assert_eq!(yuan(text).to_string(), shown);
    }
    assert_eq!(yuan("9999999999999.99"), Amount::INPUT_MAX);
    assert_eq!(Amount::INPUT_MAX.fen(), 999_999_999_999_999);
    assert_eq!(Amount::default(), yuan("0.00"));
}

#[test]
fn each_mistake_has_its_own_message() {
    for (text, english, chinese) in [
        ("", "is empty", "为空"),
        ("  ", "is empty", "为空"),
        ("-1", "is negative", "负数"),
        ("－１", "is negative", "负数"),
        ("1.001", "more than two decimals", "超过两位"),
        ("10000000000000", "too large", "过大"),
        ("1,000.50", "write `1000.50`", "请写成 1000.50"),
        ("１０００．５", "write `1000.5`", "请写成 1000.5"),
        ("1 000", "write `1000`", "请写成 1000"),
        ("1e3", "not an amount", "不是有效金额"),
        ("1_000", "not an amount", "不是有效金额"),
        ("+1", "not an amount", "不是有效金额"),
        ("1.", "not an amount", "不是有效金额"),
        (".5", "not an amount", "不是有效金额"),
        ("1.2.3", "not an amount", "不是有效金额"),
        ("3万元", "not an amount", "不是有效金额"),
        ("٣", "not an amount", "不是有效金额"),
    ] {
        let invalid = Amount::parse(text).unwrap_err();
        assert!(invalid.problem.contains(english), "{text}: {}", invalid.problem);
        assert!(invalid.problem_zh.contains(chinese), "{text}: {}", invalid.problem_zh);
    }
}

#[test]
fn signs_and_bounds() {
    let debt = yuan("1.50").minus(yuan("2"));
    assert_eq!(debt.to_string(), "-0.50");
    assert!(debt.is_negative() && !debt.is_positive() && debt.negated().is_positive());
    assert_eq!(debt.floored_at_zero(), Amount::ZERO);
    assert_eq!(yuan("5").at_most(yuan("3")), yuan("3"));
    assert_eq!(Amount::ZERO.negated().to_string(), "0.00");
    assert!(debt.plus(yuan("0.5")).is_zero());
    assert_eq!(Amount::from_yuan(-3), Amount::from_fen(-300));
}

#[test]
fn a_sum_beyond_64_bits_is_exact() {
    let mut sum = Amount::INPUT_MAX;
    for _ in 0..40 {
        sum = sum.plus(sum); // about 10^12 times the largest amount
    }
    let fen = 999_999_999_999_999_i128 << 40;
    assert_eq!(sum.to_string(), format!("{}.{:02}", fen.div_euclid(100), fen.rem_euclid(100)));
    assert_eq!((sum.fen(), sum.negated().fen()), (i64::MAX, i64::MIN));
    assert_eq!(sum.plus(Amount::from_fen(1)).minus(sum), Amount::from_fen(1));
}

#[test]
#[should_panic(expected = "left 28 digits")]
fn a_sum_that_would_lose_digits_stops() {
    let mut sum = Amount::INPUT_MAX;
    for _ in 0..44 {
        sum = sum.plus(sum);
    }
}

#[test]
fn grouped_as_people_write() {
    let grouped = |fen| Amount::from_fen(fen).grouped();
    assert_eq!(grouped(3_740_000), "37,400.00");
    assert_eq!(grouped(99_999), "999.99");
    assert_eq!(grouped(100_000), "1,000.00");
    assert_eq!(grouped(-123_456_789), "-1,234,567.89");
    assert_eq!(grouped(-10_000), "-100.00");
    assert_eq!(grouped(1), "0.01");
}

#[test]
fn the_largest_remainder_gets_the_odd_fen() {
    let split = |text: &str, weights: &[u32]| -> Vec<String> {
        yuan(text).split(weights).iter().map(ToString::to_string).collect()
    };
    let pool = [54, 26, 16, 4];
    assert_eq!(split("1000000.01", &pool), ["540000.01", "260000.00", "160000.00", "40000.00"]);
    assert_eq!(split("0.01", &pool), ["0.01", "0.00", "0.00", "0.00"]);
    assert_eq!(split("0.03", &pool), ["0.02", "0.01", "0.00", "0.00"]);
    assert_eq!(split("0.05", &[1, 1]), ["0.03", "0.02"], "a tie goes to the earlier party");
    assert_eq!(split("0.01", &[0, 7]), ["0.00", "0.01"]);
    assert_eq!(split("9.99", &[0, 0]), ["9.99", "0.00"], "without weights the first takes all");
    assert_eq!(split("9.99", &[]), [""; 0]);
    let negative = Amount::from_fen(-3).split(&pool);
    assert_eq!(negative.first(), Some(&Amount::from_fen(-2)));
}

#[test]
fn a_share_that_is_met_exactly_is_not_exceeded() {
    let three_percent = Rate::parse("0.03").unwrap();
    let loans = yuan("1000000.33");
    assert!(!yuan("30000.00").exceeds_share(loans, three_percent));
    assert!(yuan("30000.01").exceeds_share(loans, three_percent), "3 % is 30000.0099");
    assert!(!yuan("30000").exceeds_share(yuan("1000000"), three_percent));
    assert!(yuan("30000.01").exceeds_share(yuan("1000000"), three_percent));
    assert!(!Amount::ZERO.exceeds_share(Amount::ZERO, three_percent));
    assert!(yuan("0.01").exceeds_share(Amount::ZERO, three_percent));
    let longest = Rate::parse("999999.999999999999").unwrap();
    assert!(!Amount::INPUT_MAX.exceeds_share(Amount::INPUT_MAX, longest));
}

proptest! {
    #[test]
    fn round_trip(fen in 0_i64..1_000_000_000_000_000) {
        let amount = Amount::from_fen(fen);
        prop_assert_eq!(Amount::parse(&amount.to_string()), Ok(amount));
        prop_assert_eq!(amount.fen(), fen);
        prop_assert_eq!(amount.grouped().replace(',', ""), amount.to_string());
    }

    #[test]
    fn sums_agree_with_whole_numbers(fen in proptest::collection::vec(-1_000_000_000_000_000_i64..1_000_000_000_000_000, 0..20)) {
        let total = Amount::total(fen.iter().copied().map(Amount::from_fen));
        prop_assert_eq!(total.fen(), fen.iter().copied().reduce(|sum, one| sum + one).unwrap_or(0));
    }

    #[test]
    fn parts_add_up_and_are_within_a_fen(fen in -1_000_000_000_000_000_i64..1_000_000_000_000_000,
        weights in proptest::collection::vec(0_u32.., 1..8))
    {
        let parts = Amount::from_fen(fen).split(&weights);
        prop_assert_eq!(parts.len(), weights.len());
        prop_assert_eq!(Amount::total(parts.iter().copied()), Amount::from_fen(fen));
        let whole: i128 = weights.iter().copied().map(i128::from).reduce(|sum, weight| sum + weight).unwrap_or(0);
        for (part, weight) in parts.iter().zip(&weights) {
            let distance = i128::from(part.fen()) * whole - i128::from(fen) * i128::from(*weight);
            prop_assert!(whole == 0 || distance.abs() < whole);
        }
    }

    #[test]
    fn exceeding_agrees_with_fractions(part in 0_i64..2_000_000, of in 0_i64..1_000_000, rate in 0_u32..20_000) {
        let exceeds = Amount::from_fen(part).exceeds_share(Amount::from_fen(of), Rate::from_basis_points(rate));
        prop_assert_eq!(exceeds, part * 10_000 > of * i64::from(rate));
    }

    #[test]
    fn never_panics(text in "[-0-9.,]*|(?s).*") {
        drop(Amount::parse(&text));
    }
}
