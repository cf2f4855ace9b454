//! Inputs from inputs: the engine for where libFuzzer is not. Seeded, so that every run can be had again.

use fastrand::Rng;

/// Longest input that is made.
const MAX_BYTES: usize = 16 * 1024;

/// Pieces that mean something to one parser or another.
const TOKENS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "\"",
    ":",
    ",",
    "\\",
    "/",
    "null",
    "true",
    "false",
    "{}",
    "[]",
    "\"\"",
    "\"id\"",
    "\"data\"",
    "\"errors\"",
    "\"messages\"",
    "\"message\"",
    "\"code\"",
    "\"extensions\"",
    "\"edges\"",
    "\"node\"",
    "\"pageInfo\"",
    "\"hasNextPage\"",
    "\"external_id\"",
    "\"name\"",
    "\"email\"",
    "\"phone\"",
    "\"__proto__\"",
    "\\ud800",
    "\\udc00",
    "\\u0000",
    "\\\"",
    "-0",
    "1e309",
    "1e-400",
    "-1",
    "0.1",
    "4294967296",
    "9007199254740993",
    "18446744073709551616",
    "99999999999999999999999999",
    "NaN",
    "Infinity",
    "https://",
    "http://",
    "//",
    "..",
    "../",
    "%2e%2e/",
    "%00",
    "%",
    "@",
    "?",
    "#",
    "&",
    "=",
    ";",
    "\r\n",
    "\t",
    " ",
    "\u{0}",
    "\u{7f}",
    "\u{85}",
    "\u{a0}",
    "\u{200b}",
    "\u{202e}",
    "\u{2028}",
    "\u{3000}",
    "\u{feff}",
    "\u{fffd}",
    "\u{1f600}",
    "e\u{301}",
    "\u{df}",
    "\u{130}",
    "\u{ff0b}",
    "\u{661}",
    "xn--",
    "xn--a",
    "www.",
    ".com",
    ".co.uk",
    "+1",
    "+33",
    "00",
    "ext. 5",
    "tel:",
    "Limit reached (100 tokens per 60000 ms)",
    "duplicate entry was detected",
    "Retry-After",
    "Mon, 21 Sep 2026 14:13:30 GMT",
    "-----BEGIN CERTIFICATE-----",
    "-----END CERTIFICATE-----",
];

/// Makes inputs.
pub struct Mutator {
    rng: Rng,
}

impl Mutator {
    /// The same seed gives the same inputs.
    pub fn new(seed: u64) -> Self {
        Self {
            rng: Rng::with_seed(seed),
        }
    }

    /// A new input out of the corpus.
    pub fn next(&mut self, corpus: &[Vec<u8>]) -> Vec<u8> {
        let mut input = match self.rng.choice(corpus) {
            Some(base) if self.rng.u8(..) > 8 => base.clone(),
            _ => Vec::new(),
        };
        for _ in 0..=self.rng.u8(..6) {
            self.change(&mut input, corpus);
        }
        input.truncate(MAX_BYTES);
        input
    }

    fn change(&mut self, input: &mut Vec<u8>, corpus: &[Vec<u8>]) {
        let at = self.rng.usize(..=input.len());
        let end = at + self.rng.usize(..=(input.len() - at).min(64));
        match self.rng.u8(..12) {
            0 => input
                .get_mut(at)
                .map_or((), |byte| *byte ^= 1 << self.rng.u8(..8)),
            1 => input.get_mut(at).map_or((), |byte| *byte = self.rng.u8(..)),
            2 => drop(input.drain(at..end)),
            3 => {
                let piece = input[at..end].to_vec();
                let to = self.rng.usize(..=input.len());
                drop(input.splice(to..to, piece));
            }
            4 => input.truncate(at),
            5 => {
                let other = self.rng.choice(corpus).cloned().unwrap_or_default();
                let from = self.rng.usize(..=other.len());
                drop(input.splice(at..end, other[from..].iter().copied()));
            }
            6 => {
                let piece = match input.get(at..end) {
                    Some(piece) if !piece.is_empty() => piece.to_vec(),
                    _ => vec![b'a'],
                };
                let times = 1 << self.rng.u8(..9);
                let many = piece.repeat(times.min(MAX_BYTES / piece.len()));
                drop(input.splice(at..at, many));
            }
            7 => {
                let value = self.json(3);
                drop(input.splice(at..end, value.into_bytes()));
            }
            8 => {
                let c = self.rng.char(..);
                let mut buffer = [0; 4];
                drop(input.splice(at..at, c.encode_utf8(&mut buffer).bytes()));
            }
            9 => input.insert(at, 0xff),
            _ => {
                let token = self.rng.choice(TOKENS).copied().unwrap_or_default();
                let end = if self.rng.bool() { at } else { end };
                drop(input.splice(at..end, token.bytes()));
            }
        }
    }

    /// A JSON text.
    fn json(&mut self, depth: u8) -> String {
        match self.rng.u8(..if depth == 0 { 5 } else { 8 }) {
            0 => "null".into(),
            1 => self.rng.bool().to_string(),
            2 => self.rng.i64(..).to_string(),
            3 => format!("{:e}", f64::from_bits(self.rng.u64(..))).replace("NaN", "0"),
            4 => format!("\"{}\"", self.rng.alphanumeric()),
            5 => {
                let items: Vec<String> = (0..self.rng.u8(..4))
                    .map(|_| self.json(depth - 1))
                    .collect();
                format!("[{}]", items.join(","))
            }
            _ => {
                let items: Vec<String> = (0..self.rng.u8(..4))
                    .map(|_| format!("\"{}\":{}", self.rng.alphabetic(), self.json(depth - 1)))
                    .collect();
                format!("{{{}}}", items.join(","))
            }
        }
    }
}
