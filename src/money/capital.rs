//! An amount in Chinese capitals (中文大写金额), as on invoices and vouchers: 《支付结算办法》附件一《正确填写票据和结算
//! 凭证的基本规定》(中国人民银行, 银发〔1997〕393号), 一.

use super::Amount;

const DIGITS: [char; 10] = ['零', '壹', '贰', '叁', '肆', '伍', '陆', '柒', '捌', '玖'];
const UNITS: [&str; 4] = ["", "拾", "佰", "仟"];
const GROUPS: [&str; 5] = ["", "万", "亿", "万亿", "亿亿"];

impl Amount {
    /// The amount in capitals, without the word 人民币: `37400.05` is 叁万柒仟肆佰元零伍分, `200000.00` 贰拾万元整.
    ///
    /// 整 follows 元 and 角, never 分. A zero stands wherever digits are skipped before a smaller one.
    pub fn in_capitals(self) -> String {
        let fen = self.whole_fen();
        let mut text = String::from(if fen < 0 { "负" } else { "" });
        let fen = fen.unsigned_abs();
        let (yuan, jiao, rest) = (fen.div_euclid(100), digit(fen, 10), digit(fen, 1));
        if yuan == 0 && fen > 0 {
            // Under one yuan the largest unit comes first: 伍角整, 伍分.
            fraction(&mut text, jiao, rest, false);
            return text;
        }
        whole(&mut text, yuan);
        text.push('元');
        fraction(&mut text, jiao, rest, true);
        text
    }
}

/// The digit of this weight.
fn digit(number: u128, weight: u128) -> usize {
    let shifted = number.checked_div(weight).unwrap_or(0);
    usize::try_from(shifted.rem_euclid(10)).unwrap_or(0)
}

fn push_digit(text: &mut String, digit: usize) {
    text.extend(DIGITS.get(digit));
}

fn whole(text: &mut String, yuan: u128) {
    if yuan == 0 {
        text.push('零');
        return;
    }
    let mut groups = Vec::new();
    let mut left = yuan;
    while left > 0 {
        groups.push(left.rem_euclid(10_000));
        left = left.div_euclid(10_000);
    }
    let mut begun = false;
    let mut skipped = false;
    for (index, group) in groups.iter().enumerate().rev() {
        if *group == 0 {
            skipped = begun;
            continue;
        }
        if begun && (skipped || *group < 1_000) {
            text.push('零');
        }
        below_ten_thousand(text, *group);
        text.push_str(GROUPS.get(index).copied().unwrap_or_default());
        begun = true;
        skipped = false;
    }
}

/// 1 to 9,999, without a zero before its first digit.
fn below_ten_thousand(text: &mut String, number: u128) {
    let (mut begun, mut skipped) = (false, false);
    for (unit, weight) in UNITS.iter().zip([1, 10, 100, 1_000]).rev() {
        let value = digit(number, weight);
        if value == 0 {
            skipped = begun;
            continue;
        }
        if skipped {
            text.push('零');
        }
        push_digit(text, value);
        text.push_str(unit);
        (begun, skipped) = (true, false);
    }
}

fn fraction(text: &mut String, jiao: usize, fen: usize, after_yuan: bool) {
    match (jiao, fen) {
        (0, 0) => text.push('整'),
        (jiao, 0) => {
            push_digit(text, jiao);
            text.push_str("角整");
        }
        (0, fen) => {
            if after_yuan {
                text.push('零');
            }
            push_digit(text, fen);
            text.push('分');
        }
        (jiao, fen) => {
            push_digit(text, jiao);
            text.push('角');
            push_digit(text, fen);
            text.push('分');
        }
    }
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "the tests compute with plain whole numbers far below overflow")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn capitals(text: &str) -> String {
        Amount::parse(text).unwrap().in_capitals()
    }

    /// The examples of the regulation (一、（三） and （四）), and what the demo pays.
    #[test]
    fn as_the_regulation_writes_them() {
        for (amount, expected) in [
            ("1409.50", "壹仟肆佰零玖元伍角整"),
            ("6007.14", "陆仟零柒元壹角肆分"),
            ("16409.02", "壹万陆仟肆佰零玖元零贰分"),
            ("325.04", "叁佰贰拾伍元零肆分"),
            ("0", "零元整"),
            ("0.05", "伍分"),
            ("0.50", "伍角整"),
            ("0.57", "伍角柒分"),
            ("10", "壹拾元整"),
            ("1680.32", "壹仟陆佰捌拾元叁角贰分"),
            ("200000", "贰拾万元整"),
            ("37400.05", "叁万柒仟肆佰元零伍分"),
            ("79999.99", "柒万玖仟玖佰玖拾玖元玖角玖分"),
            ("10000000", "壹仟万元整"),
            ("100000001", "壹亿零壹元整"),
            ("100010000", "壹亿零壹万元整"),
            ("1500000000.00", "壹拾伍亿元整"),
            ("1000000000000", "壹万亿元整"),
            ("9999999999999.99", "玖万亿玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"),
        ] {
            assert_eq!(capitals(amount), expected, "{amount}");
        }
        assert_eq!(Amount::from_fen(-1_000_000).in_capitals(), "负壹万元整");
    }

    /// Reads capitals back, by another way: adds up what each digit is worth.
    fn read(text: &str) -> i64 {
        let value =
            |letter: char| DIGITS.iter().position(|digit| *digit == letter).and_then(|value| i64::try_from(value).ok());
        let (mut fen, mut group, mut sum, mut number) = (0, 0, 0, 0);
        for letter in text.chars() {
            if let Some(value) = value(letter) {
                number = value;
                continue;
            }
            match letter {
                '拾' => (group, number) = (group + number * 10, 0),
                '佰' => (group, number) = (group + number * 100, 0),
                '仟' => (group, number) = (group + number * 1_000, 0),
                '万' => (sum, group, number) = (sum + (group + number) * 10_000, 0, 0),
                '亿' => (sum, group, number) = ((sum + group + number) * 100_000_000, 0, 0),
                '元' => (fen, sum, group, number) = ((sum + group + number) * 100, 0, 0, 0),
                '角' => (fen, number) = (fen + number * 10, 0),
                '分' => (fen, number) = (fen + number, 0),
                '整' => {}
                other => panic!("`{other}` in {text}"),
            }
        }
        fen
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(fen in prop_oneof![0_i64..100_000, 0_i64..99_999_999_999_999]) {
            let text = Amount::from_fen(fen).in_capitals();
            prop_assert_eq!(read(&text), fen, "{}", text);
        }

        /// Round figures have the most zeros.
        #[test]
        fn round_figures_read_back(digit in 1_i64..10, zeros in 0_u32..14, more in 0_i64..1_000) {
            let fen = digit * 10_i64.pow(zeros) + more;
            let text = Amount::from_fen(fen).in_capitals();
            prop_assert_eq!(read(&text), fen, "{}", text);
            prop_assert!(!text.contains("零零") && !text.contains("零万") && !text.contains("零亿"), "{}", text);
        }
    }
}
