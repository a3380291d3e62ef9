//! Mutations of bytes from a fixed seed: small slips, pieces moved, words of the format put in.

/// Words that the formats know.
const WORDS: &[&str] = &[
    "[[programme]]\n",
    "[[case]]\n",
    "[[limit]]\n",
    "[[clause]]\n",
    "[[pool.payer]]\n",
    "[programme.base]\n",
    "clause = \"c1\"\n",
    "ratio = \"0.5\"\n",
    "amount = \"9999999999999.99\"\n",
    "\"0\"",
    "\"-1\"",
    "\"0.000000000001\"",
    "\"999999\"",
    "0",
    "4294967296",
    "-1",
    "1e400",
    "nan",
    "true",
    "[]",
    "{}",
    "\"\"",
    "\"",
    "'''",
    "#",
    "=",
    "\n",
    "\0",
    "2199-12-31",
    "1990-01-01",
    "0000-00-00",
    "\u{feff}",
    "\u{200b}",
    "１",
    "鹤壁",
    "patent:202011156730.2",
    "trademark:12345678/9",
    "copyright:国作登字-2021-F-00410607",
    "91110000600037341L",
    "37400.00",
    "2026-03-05",
    "0.0435",
    "loan-1",
    "6f0e4c9a-52d4-4d0b-9c57-0d6f1c8a7b21",
];

/// A source of mutations; the same seed gives the same ones.
pub(super) struct Mutator(u64);

impl Mutator {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// xorshift64*, by Vigna.
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() >> 16).unwrap() % end.max(1)
    }

    /// One of the inputs with one to four changes.
    pub(super) fn mutate(&mut self, pool: &[Vec<u8>]) -> Vec<u8> {
        let mut input = pool[self.below(pool.len())].clone();
        for _ in 0..=self.below(4) {
            self.change(&mut input, pool);
        }
        input
    }

    fn range(&mut self, length: usize) -> std::ops::Range<usize> {
        let from = self.below(length + 1);
        let most = [1, 4, 32, 400][self.below(4)];
        from..(from + self.below(most + 1)).min(length)
    }

    fn change(&mut self, input: &mut Vec<u8>, pool: &[Vec<u8>]) {
        let at = self.below(input.len() + 1);
        match self.below(9) {
            0 if at < input.len() => input[at] ^= 1 << self.below(8),
            1 if at < input.len() => input[at] = u8::try_from(self.below(256)).unwrap(),
            2 => drop(input.drain(self.range(input.len()))),
            3 => {
                let piece = input[self.range(input.len())].to_vec();
                input.splice(at..at, piece);
            }
            4 => {
                let other = &pool[self.below(pool.len())];
                let piece = other[self.range(other.len())].to_vec();
                input.splice(at..at, piece);
            }
            5 => {
                let word = WORDS[self.below(WORDS.len())];
                input.splice(at..at, word.bytes());
            }
            6 => {
                let word = WORDS[self.below(WORDS.len())];
                let range = self.range(input.len());
                input.splice(range, word.bytes());
            }
            // A line taken out, doubled or moved: what an editor does.
            7 => {
                let lines: Vec<Vec<u8>> = input.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
                let mut lines = lines;
                let line = lines[self.below(lines.len())].clone();
                match self.below(3) {
                    0 => drop(lines.remove(self.below(lines.len()))),
                    _ => lines.insert(self.below(lines.len()), line),
                }
                *input = lines.join(&b'\n');
            }
            // A digit for another.
            _ => {
                let digits: Vec<usize> = (0..input.len()).filter(|at| input[*at].is_ascii_digit()).collect();
                if !digits.is_empty() {
                    input[digits[self.below(digits.len())]] = b'0' + u8::try_from(self.below(10)).unwrap();
                }
            }
        }
    }
}

/// FNV-1a: a name for an input.
pub(super) fn digest(input: &[u8]) -> u64 {
    input.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
