//! A rolling 64-bit digest of words, for finding out whether two runs were the same. Not cryptographic. And digests as people read them.

/// Bytes in hexadecimal, two digits each.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Order-dependent digest of a sequence of 64-bit words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest(u64);

impl Default for Digest {
    fn default() -> Self {
        Self(0x243f_6a88_85a3_08d3)
    }
}

impl Digest {
    /// Takes in one word: a 64×64→128-bit multiply folded to 64 bits.
    #[inline]
    pub fn word(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word ^ 0x9e37_79b9_7f4a_7c15) * 0xd6e8_feb8_6659_fd93_u128;
        self.0 = (product as u64 ^ (product >> 64) as u64).wrapping_add(word.rotate_left(17));
    }

    /// Takes in two words at the price of one.
    #[inline]
    pub fn pair(&mut self, first: u64, second: u64) {
        let product = u128::from(self.0 ^ first ^ 0x9e37_79b9_7f4a_7c15)
            * u128::from(second.wrapping_add(first.rotate_left(40)) ^ 0xd6e8_feb8_6659_fd93);
        self.0 = (product as u64 ^ (product >> 64) as u64).wrapping_add(self.0.rotate_left(17));
    }

    /// Takes in a number by its bits.
    #[inline]
    pub fn number(&mut self, number: f64) {
        self.word(number.to_bits());
    }

    /// Takes in a text with its length.
    pub fn text(&mut self, text: &str) {
        self.word(text.len() as u64);
        for chunk in text.as_bytes().chunks(8) {
            let mut word = [0_u8; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.word(u64::from_le_bytes(word));
        }
    }

    /// The digest of what was taken in so far.
    #[inline]
    pub fn value(&self) -> u64 {
        self.0
    }
}

/// An event that tells what it is, so that a digest of all events handled distinguishes two runs.
pub trait Traced: Copy {
    /// A number that says what kind of event this is and whom it concerns.
    fn code(&self) -> u64;
}

/// Plain numbers are their own code.
impl Traced for u64 {
    fn code(&self) -> u64 {
        *self
    }
}

/// Plain numbers are their own code.
impl Traced for u32 {
    fn code(&self) -> u64 {
        u64::from(*self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(feed: impl Fn(&mut Digest)) -> u64 {
        let mut digest = Digest::default();
        feed(&mut digest);
        digest.value()
    }

    #[test]
    fn order_length_and_every_bit_count() {
        let words = |words: &[u64]| of(|digest| words.iter().for_each(|word| digest.word(*word)));
        let mut seen = vec![words(&[]), words(&[0]), words(&[0, 0]), words(&[1, 2]), words(&[2, 1])];
        seen.extend((0..64).map(|bit| words(&[1 << bit, 77])));
        seen.extend((0..64).map(|bit| of(|digest| digest.pair(1 << bit, 77))));
        seen.extend((0..64).map(|bit| of(|digest| digest.pair(77, 1 << bit))));
        let count = seen.len();
        seen.sort_unstable();
        seen.dedup();
        // `pair(1 << bit, 77)` and `pair(77, 1 << bit)` differ too: 77 is no power of two.
        assert_eq!(seen.len(), count);
    }

    #[test]
    fn texts_with_zero_bytes_and_negative_zero_are_told_apart() {
        assert_ne!(of(|digest| digest.text("a")), of(|digest| digest.text("a\0")));
        assert_ne!(of(|digest| digest.number(0.0)), of(|digest| digest.number(-0.0)));
    }

    /// Digests are committed with results; changing one silently would make all of them look wrong.
    #[test]
    fn golden_digest() {
        let digest = of(|digest| {
            digest.word(1);
            digest.pair(2, 3);
            digest.number(4.5);
            digest.text("brownout");
        });
        assert_eq!(digest, 0xd98c_f74a_8df0_65af, "{digest:#x}");
    }
}
