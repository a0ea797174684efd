//! A rolling 64-bit digest of words, for finding out whether two runs were the same. Not cryptographic.

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
