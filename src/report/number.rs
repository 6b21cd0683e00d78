//! Numbers as people read them.

/// 1234567 as 1,234,567.
pub fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Mean and, of several, standard deviation, to four digits of the mean.
pub fn spread(all: &[f64]) -> String {
    if all.is_empty() {
        return "-".into();
    }
    let n = all.len() as f64;
    let mean = all.iter().sum::<f64>() / n;
    let digits = (3 - mean.abs().max(1e-9).log10().floor() as i32).clamp(0, 6) as usize;
    if all.len() == 1 {
        return format!("{mean:.digits$}");
    }
    let deviation = (all.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0)).sqrt();
    format!("{mean:.digits$} ± {deviation:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_three() {
        assert_eq!([0, 999, 1000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn a_mean_has_four_digits_and_its_deviation_as_many() {
        assert_eq!(spread(&[]), "-");
        assert_eq!(spread(&[43.256]), "43.26");
        assert_eq!(spread(&[1.0, 3.0]), "2.000 ± 1.414");
        assert_eq!(spread(&[123_456.0]), "123456");
    }
}
