//! A picture of at most 256 colours as the text of a `data:` address.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// `pixels` are numbers of colours of `palette`, row by row of `width`; `palette` has red, green and blue of each.
pub fn data_url(width: usize, pixels: &[u8], palette: &[[u8; 3]]) -> String {
    let width = width.max(1);
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width as u32, (pixels.len() / width) as u32);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(palette.concat());
    let written = encoder.write_header().and_then(|mut writer| {
        writer.write_image_data(pixels)?;
        writer.finish()
    });
    written.expect("rows of one length, written to memory");
    format!("data:image/png;base64,{}", STANDARD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_read_back_as_it_was() {
        let palette = [[1, 2, 3], [4, 5, 6], [250, 0, 255]];
        let pixels: Vec<u8> = (0..90_000u32).map(|i| (i * i % 3) as u8).collect();
        let url = data_url(300, &pixels, &palette);
        let bytes = STANDARD.decode(url.strip_prefix("data:image/png;base64,").unwrap()).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        assert_eq!((reader.info().width, reader.info().height), (300, 300));
        assert_eq!(reader.info().palette.as_deref(), Some(&palette.concat()[..]));
        let mut read = vec![0; 90_000];
        reader.next_frame(&mut read).unwrap();
        assert_eq!(read, pixels);
    }
}
