//! SHA-256 in hexadecimal, as `sha256sum` prints it.

use sha2::{Digest as _, Sha256};

/// Hex digest of a file's bytes.
pub fn sha256(bytes: &[u8]) -> String {
    Digest::default().with(bytes).hex()
}

/// The digest of what comes piece by piece.
#[derive(Debug, Clone, Default)]
pub struct Digest(Sha256);

impl Digest {
    /// Of what it had, and then `bytes`.
    pub fn with(mut self, bytes: impl AsRef<[u8]>) -> Digest {
        self.0.update(bytes);
        self
    }

    /// Its 64 digits.
    pub fn hex(self) -> String {
        self.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_have_the_digest_of_the_whole() {
        // FIPS 180-4, of the letters abc.
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256(b"abc"), abc);
        assert_eq!(Digest::default().with("a").with(b"bc").hex(), abc);
    }
}
