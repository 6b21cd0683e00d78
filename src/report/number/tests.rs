//! Numbers as people read them.

use super::*;

#[test]
fn numbers_are_grouped_by_three() {
    assert_eq!([0, 999, 1000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
}

#[test]
fn every_number_has_three_digits_and_the_unit_that_suits_it() {
    let all = [0.0, 0.01234, 1.234, 12.34, 123.4, 999.6, 1234.4, -5.0];
    assert_eq!(all.map(three), ["0", "0.0123", "1.23", "12.3", "123", "1,000", "1,234", "-5.00"]);
    assert_eq!([0.0, 0.5, 25.0, 1200.0, 100.0].map(plain), ["0", "0.5", "25", "1,200", "100"]);
    assert_eq!([0.0, 0.25, 0.005].map(percent_tick), ["0 %", "25 %", "0.5 %"]);
    assert_eq!([0.0, 1.0, 0.123_45, 0.000_123_4].map(percent), ["0 %", "100 %", "12.3 %", "0.0123 %"]);
    assert_eq!([0.999_999, 1e-9].map(percent), ["99.9 %", "< 0.001 %"]);
    assert_eq!([12.0, 1234.0, 12_345_678.0].map(energy), ["12.0 pJ", "1.23 nJ", "12.3 µJ"]);
    assert_eq!([1234.0, 1_234_567.0].map(area), ["1,234 µm²", "1.23 mm²"]);
    assert_eq!([1234, 123_456, 12_345_678].map(bits), ["1,234 bits", "123 kbit", "12.3 Mbit"]);
    assert_eq!(
        (part_of(1, 8), part_of(0, 0), ratio(3.0, 2.0), ratio(1.0, 0.0)),
        ("12.5 %".into(), "0 %".into(), "1.50".into(), "-".into())
    );
}

#[test]
fn a_mean_has_four_digits_and_its_deviation_as_many() {
    assert_eq!(spread(&[]), "-");
    assert_eq!(spread(&[43.256]), "43.26");
    assert_eq!(spread(&[1.0, 3.0]), "2.000 ± 1.414");
    assert_eq!(spread(&[123_456.0]), "123456");
}
