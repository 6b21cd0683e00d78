//! A picture of at most 256 colours as a PNG (W3C, third edition), unpacked, and as the text of a `data:` address.

/// Bytes of a stored block of deflate at most (RFC 1951, 3.2.4).
const BLOCK: usize = 65_535;

/// `pixels` are numbers of colours of `palette`, row by row; `palette` has red, green and blue of each.
pub fn png(width: usize, pixels: &[u8], palette: &[[u8; 3]]) -> Vec<u8> {
    let width = width.max(1);
    let mut out = vec![0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n'];
    let mut header = Vec::new();
    header.extend((width as u32).to_be_bytes());
    header.extend(((pixels.len() / width) as u32).to_be_bytes());
    // 8 bits a pixel, of a palette, one way of packing, no filters that choose, not interlaced.
    header.extend([8, 3, 0, 0, 0]);
    chunk(&mut out, b"IHDR", &header);
    chunk(&mut out, b"PLTE", &palette.concat());
    // Every row with its filter: none.
    let rows: Vec<u8> = pixels.chunks(width).flat_map(|row| [&[0], row].concat()).collect();
    let mut packed = vec![0x78, 0x01];
    let blocks = rows.len().div_ceil(BLOCK);
    for (number, block) in rows.chunks(BLOCK).enumerate() {
        packed.push(u8::from(number + 1 == blocks));
        packed.extend((block.len() as u16).to_le_bytes());
        packed.extend((!(block.len() as u16)).to_le_bytes());
        packed.extend(block);
    }
    packed.extend(adler(&rows).to_be_bytes());
    chunk(&mut out, b"IDAT", &packed);
    chunk(&mut out, b"IEND", &[]);
    out
}

fn chunk(out: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    out.extend((data.len() as u32).to_be_bytes());
    let from = out.len();
    out.extend(kind);
    out.extend(data);
    let sum = crc(&out[from..]);
    out.extend(sum.to_be_bytes());
}

/// ISO 3309, bit by bit.
fn crc(data: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    };
    !data.iter().fold(u32::MAX, step)
}

/// RFC 1950.
fn adler(data: &[u8]) -> u32 {
    let step = |(a, b): (u32, u32), byte: &u8| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    };
    let (a, b) = data.iter().fold((1, 0), step);
    b << 16 | a
}

/// RFC 4648.
pub fn base64(data: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |bytes: &[u8]| -> [char; 4] {
        let at = |i: usize| u32::from(bytes.get(i).copied().unwrap_or(0));
        let word = at(0) << 16 | at(1) << 8 | at(2);
        std::array::from_fn(|i| match i > bytes.len() {
            true => '=',
            false => char::from(DIGITS[(word >> (18 - 6 * i) & 63) as usize]),
        })
    };
    data.chunks(3).flat_map(group).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_and_digits_are_those_of_the_standards() {
        assert_eq!(crc(b"123456789"), 0xcbf4_3926);
        assert_eq!(adler(b"Wikipedia"), 0x11e6_0398);
        let known = [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")];
        known.iter().for_each(|(text, digits)| assert_eq!(base64(text.as_bytes()), *digits));
    }

    /// Two rows of two pixels, byte by byte, as another encoder writes them at level 0.
    #[test]
    fn a_picture_is_laid_out_as_the_standard_says() {
        let picture = png(2, &[0, 1, 1, 0], &[[1, 2, 3], [4, 5, 6]]);
        let data = picture.windows(4).position(|w| w == b"IDAT").unwrap();
        assert_eq!(picture[data + 4..data + 17], [0x78, 1, 1, 6, 0, 0xf9, 0xff, 0, 0, 1, 0, 1, 0]);
        assert_eq!(picture[16..24], [0, 0, 0, 2, 0, 0, 0, 2]);
        assert!(picture.ends_with(&[0xae, 0x42, 0x60, 0x82]), "the sum of an empty IEND");
        let many = png(300, &vec![0; 90_000], &[[0; 3]]);
        assert!(many.len() > 90_300, "two blocks");
    }
}
