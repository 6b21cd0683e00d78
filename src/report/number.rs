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

/// To three digits, large ones whole and grouped: 0.0123, 1.23, 12.3, 123, 1,234.
pub fn three(x: f64) -> String {
    let size = x.abs();
    if size >= 999.5 {
        let whole = thousands(size.round() as u64);
        return if x < 0.0 { format!("-{whole}") } else { whole };
    }
    let digits = match size {
        s if s < 1e-9 => 0,
        s => (2 - s.log10().floor() as i32).clamp(0, 9) as usize,
    };
    format!("{x:.digits$}")
}

/// The same without zeros that say nothing: 0, 0.5, 25, 1,200.
pub fn plain(x: f64) -> String {
    let text = three(x);
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_string(),
        false => text,
    }
}

/// A share of 0 to 1: 12.3 %, 0.0123 %. What is not all is never 100 %, and what is not nothing is never 0 %.
pub fn percent(share: f64) -> String {
    match 100.0 * share {
        p if p > 99.9 && share < 1.0 => "99.9 %".into(),
        p if p >= 99.95 => "100 %".into(),
        p if p >= 10.0 => format!("{p:.1} %"),
        p if p > 0.0 && p < 0.001 => "< 0.001 %".into(),
        p if p > 0.0 => format!("{} %", three(p)),
        _ => "0 %".into(),
    }
}

/// A share as it stands at an axis: 0 %, 25 %, 0.5 %.
pub fn percent_tick(share: f64) -> String {
    format!("{} %", plain(100.0 * share))
}

/// What part of something is, in percent; of nothing, 0 %.
pub fn part_of(part: u64, all: u64) -> String {
    percent(part as f64 / all.max(1) as f64)
}

/// One number by another, with two decimals; "-" where there is nothing to divide by.
pub fn ratio(of: f64, by: f64) -> String {
    if by > 0.0 { format!("{:.2}", of / by) } else { "-".into() }
}

/// Picojoules in the unit that suits them.
pub fn energy(pj: f64) -> String {
    match pj {
        p if p >= 1e6 => format!("{} µJ", three(p / 1e6)),
        p if p >= 1e3 => format!("{} nJ", three(p / 1e3)),
        p => format!("{} pJ", three(p)),
    }
}

/// Square micrometres in the unit that suits them.
pub fn area(um2: f64) -> String {
    if um2 >= 1e4 { format!("{} mm²", three(um2 / 1e6)) } else { format!("{} µm²", three(um2)) }
}

/// Bits in the unit that suits them, of 1000.
pub fn bits(n: u64) -> String {
    match n {
        n if n >= 10_000_000 => format!("{} Mbit", three(n as f64 / 1e6)),
        n if n >= 10_000 => format!("{} kbit", three(n as f64 / 1e3)),
        n => format!("{} bits", thousands(n)),
    }
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
mod tests;
