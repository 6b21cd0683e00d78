//! Counting and adding in bit slices: plane i of a number is bit i of 512 numbers.

use super::drive::CHUNK;
use super::lanes::{Lanes, Word};

/// How many of the listed rows have their bit set: units to fours, and the planes above.
#[inline(always)]
pub fn count<L: Lanes, const H: usize>(rows: &[Word], list: &[u16]) -> ([L; 3], [L; H]) {
    let (mut ones, mut twos, mut fours) = (L::zero(), L::zero(), L::zero());
    let mut high = [L::zero(); H];
    macro_rules! add2 {
        ($sum:ident, $a:expr, $b:expr) => {{
            let (a, b) = ($a, $b);
            let carry = $sum.carry(a, b);
            $sum = $sum.sum3(a, b);
            carry
        }};
    }
    for chunk in list.as_chunks::<CHUNK>().0 {
        macro_rules! row {
            ($i:expr) => {
                L::load(&rows[usize::from(chunk[$i])])
            };
        }
        let two_a = add2!(ones, row!(0), row!(1));
        let two_b = add2!(ones, row!(2), row!(3));
        let four_a = add2!(twos, two_a, two_b);
        let two_a = add2!(ones, row!(4), row!(5));
        let two_b = add2!(ones, row!(6), row!(7));
        let four_b = add2!(twos, two_a, two_b);
        let mut carry = add2!(fours, four_a, four_b);
        for plane in &mut high {
            let next = plane.and(carry);
            *plane = plane.xor(carry);
            carry = next;
        }
    }
    ([ones, twos, fours], high)
}

/// sum += part << at, modulo the planes there are.
#[inline(always)]
pub fn add<L: Lanes>(sum: &mut [L], part: &[L], at: usize) {
    let at = at.min(sum.len());
    let mut carry = L::zero();
    let within = part.len().min(sum.len() - at);
    let (low, high) = sum[at..].split_at_mut(within);
    for (s, p) in low.iter_mut().zip(part) {
        let next = s.carry(*p, carry);
        *s = s.sum3(*p, carry);
        carry = next;
    }
    for s in high {
        let next = s.and(carry);
        *s = s.xor(carry);
        carry = next;
    }
}

/// sum -= part << at, modulo the planes there are.
#[inline(always)]
pub fn subtract<L: Lanes>(sum: &mut [L], part: &[L], at: usize) {
    let at = at.min(sum.len());
    let mut borrow = L::zero();
    let within = part.len().min(sum.len() - at);
    let (low, high) = sum[at..].split_at_mut(within);
    for (s, p) in low.iter_mut().zip(part) {
        let next = s.borrow(*p, borrow);
        *s = s.sum3(*p, borrow);
        borrow = next;
    }
    for s in high {
        let next = borrow.and_not(*s);
        *s = s.xor(borrow);
        borrow = next;
    }
}

/// sum += constant in every lane, modulo the planes there are.
#[inline(always)]
pub fn add_constant<L: Lanes>(sum: &mut [L], constant: i64) {
    let mut carry = L::zero();
    for (bit, s) in sum.iter_mut().enumerate() {
        let part = if constant >> bit & 1 == 1 { L::all() } else { L::zero() };
        let next = s.carry(part, carry);
        *s = s.sum3(part, carry);
        carry = next;
    }
}
