//! Tarballs written part by part in any order, and read by other programs' libraries.

use std::io::{Cursor, Read};

use super::*;

/// Noise, for which no compressor finds anything.
fn noise(size: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..size).map(next).collect()
}

/// The files of a tarball, the second from outside, the third compressed beforehand.
fn archive(compression: Compression) -> (Archive<usize>, Vec<Vec<u8>>) {
    let outside = [noise(200_000), b"text ".repeat(50_000), Vec::new()];
    let mut beforehand = Vec::new();
    let packed = packed(compression, &outside[1][..], &mut beforehand).expect("compressed");
    let files = vec![
        File { path: "blobs/".into(), content: Content::Bytes(Vec::new()) },
        File { path: "blobs/noise".into(), content: Content::Stored(0, 200_000) },
        File { path: "a".into(), content: Content::Bytes(b"hello".to_vec()) },
        File { path: "text".into(), content: Content::Packed(1, packed) },
        File { path: "empty".into(), content: Content::Stored(2, 0) },
    ];
    (Archive::new(files, compression).expect("small enough"), vec![outside[0].clone(), beforehand, Vec::new()])
}

/// Writes the parts last to first, each at its place.
fn written(archive: &Archive<usize>, outside: &[Vec<u8>]) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    file.write_all_at(0, archive.prologue());
    let mut framers = Vec::new();
    for part in archive.parts.iter().rev() {
        let content = match &part.content {
            Content::Bytes(bytes) => bytes,
            Content::Stored(which, _) | Content::Packed(which, _) => &outside[*which],
        };
        let mut framer = archive.framer(part);
        file.set_position(part.at);
        for piece in content.chunks(999) {
            framer.write(piece, &mut file).expect("written");
        }
        framers.insert(0, framer);
    }
    let epilogue = archive.epilogue(framers);
    file.write_all_at(archive.size - epilogue.len() as u64, &epilogue);
    file.into_inner()
}

trait WriteAt {
    fn write_all_at(&mut self, at: u64, bytes: &[u8]);
}

impl WriteAt for Cursor<Vec<u8>> {
    fn write_all_at(&mut self, at: u64, bytes: &[u8]) {
        self.set_position(at);
        io::Write::write_all(self, bytes).expect("written");
    }
}

fn kind(compression: Compression) -> LayerCompression {
    match compression {
        Compression::None => LayerCompression::Plain,
        Compression::Gzip => LayerCompression::Gzip,
        Compression::Zstd => LayerCompression::Zstd,
    }
}

#[test]
fn what_is_written_is_read() {
    for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
        let (archive, outside) = archive(compression);
        let bytes = written(&archive, &outside);
        assert_eq!(bytes.len() as u64, archive.size, "{compression:?}");
        let tarball = decompressed(kind(compression), &bytes[..]);
        let mut read = Vec::new();
        for entry in tar::Archive::new(tarball).entries().expect("a tarball") {
            let mut entry = entry.expect("an entry");
            let mut content = Vec::new();
            entry.read_to_end(&mut content).expect("content");
            read.push((entry.path().expect("a path").display().to_string(), content));
        }
        let paths: Vec<&str> = read.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(paths, ["blobs/", "blobs/noise", "a", "text", "empty"], "{compression:?}");
        assert_eq!(read[1].1, noise(200_000));
        assert_eq!(read[2].1, b"hello");
        assert_eq!(read[3].1, b"text ".repeat(50_000));
    }
}

#[test]
fn what_is_not_compressed_is_made_smaller_and_what_is_stays() {
    let size = |compression| archive(compression).0.size;
    assert!(size(Compression::None) > 450_000);
    for compression in [Compression::Gzip, Compression::Zstd] {
        assert!((200_000..206_000).contains(&size(compression)), "{}", size(compression));
    }
}

#[test]
fn what_stands_in_a_file_is_read_back_from_its_blocks() {
    for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
        let (archive, outside) = archive(compression);
        let mut bytes = written(&archive, &outside);
        let is_noise = |part: &&Part<usize>| matches!(part.content, Content::Stored(0, _));
        let part = archive.parts.iter().find(is_noise).expect("it is there");
        let at = usize::try_from(part.at).expect("small");
        let read = |bytes: &[u8]| {
            let mut content = Vec::new();
            archive.unframer(part, &bytes[at..]).read_to_end(&mut content).expect("read");
            content
        };
        assert_eq!(read(&bytes), noise(200_000), "{compression:?}");
        bytes[at] ^= 0x80;
        assert_ne!(read(&bytes), noise(200_000), "{compression:?}: the first byte is another one");
    }
}

#[test]
fn frames_follow_one_another_and_some_are_skipped() {
    let frame = |text: &[u8]| {
        let mut bytes = Vec::new();
        packed(Compression::Zstd, text, &mut bytes).expect("compressed");
        bytes
    };
    let skipped = [&0x184d_2a50_u32.to_le_bytes()[..], &3_u32.to_le_bytes(), b"xyz"].concat();
    let all = [frame(b"one "), skipped.clone(), frame(b"two"), skipped].concat();
    let mut text = String::new();
    decompressed(LayerCompression::Zstd, &all[..]).read_to_string(&mut text).expect("text");
    assert_eq!(text, "one two");
    for cut in [all.len() - 1, 5] {
        assert!(
            io::copy(&mut decompressed(LayerCompression::Zstd, &all[..cut]), &mut io::sink()).is_err(),
            "cut at {cut}"
        );
    }
}

/// Whether a verifier takes the bytes, in pieces of any size, to be whole.
fn is_whole(bytes: &[u8], piece: usize) -> bool {
    let mut verifier = verifier(LayerCompression::Gzip, io::sink()).expect("there is one");
    bytes.chunks(piece).all(|piece| io::Write::write_all(&mut verifier, piece).is_ok()) && verifier.finish().is_ok()
}

#[test]
fn gzip_is_whole_with_its_checksums_and_nothing_behind_it() {
    let member = |text: &[u8]| {
        let mut bytes = Vec::new();
        gzipped(&mut &text[..], &mut bytes).expect("compressed");
        bytes
    };
    let (one, two) = (member(&noise(3000)), [member(b"one "), member(b""), member(b"two")].concat());
    let flipped = |at: usize| {
        let mut bytes = one.clone();
        let at = bytes.len() - at;
        bytes[at] ^= 1;
        bytes
    };
    for piece in [1, 7, 4096] {
        assert!(is_whole(&one, piece) && is_whole(&two, piece), "{piece}");
        for at in 1..=8 {
            assert!(!is_whole(&flipped(at), piece), "the checksum and the length: {at}, {piece}");
        }
        for cut in [0, 5, 10, 100, one.len() - 9, one.len() - 8, one.len() - 1] {
            assert!(!is_whole(&one[..cut], piece), "cut at {cut}, {piece}");
        }
        for more in [&b"garbage"[..], b"more than a header", &[0; 512], &one[..20]] {
            assert!(!is_whole(&[&one, more].concat(), piece), "{more:?}, {piece}");
        }
        let damaged_first = [&flipped(6)[..], &one].concat();
        assert!(!is_whole(&damaged_first, piece), "{piece}");
    }
}

/// A frame of one stored block, as its descriptor and what follows the block say.
fn frame(descriptor: &[u8], content: &[u8], checksum: &[u8]) -> Vec<u8> {
    let block = u32::try_from(content.len() << 3 | 1).expect("small").to_le_bytes();
    [&[0x28, 0xb5, 0x2f, 0xfd], descriptor, &block[..3], content, checksum].concat()
}

#[test]
fn zstandard_is_whole_with_its_checksum_and_its_length() {
    let read = |bytes: &[u8]| io::copy(&mut decompressed(LayerCompression::Zstd, bytes), &mut io::sink());
    // The lower half of the XXH64 of "hello", and a frame that tells its length of five.
    let good = 0x889f_6da3_u32.to_le_bytes();
    let checked = |sum: &[u8]| frame(&[0x04, 0x38], b"hello", sum);
    assert_eq!(read(&checked(&good)).expect("right"), 5);
    assert_eq!(read(&checked(&[1, 2, 3, 4])).expect_err("wrong").to_string(), "a Zstandard frame has a wrong checksum");
    assert!(read(&checked(&good[..3])).is_err(), "cut");
    assert_eq!(read(&frame(&[0x20, 5], b"hello", &[])).expect("right"), 5);
    assert_eq!(
        read(&frame(&[0x20, 6], b"hello", &[])).expect_err("short").to_string(),
        "a Zstandard frame says that it has 6 bytes, but has 5"
    );
    assert!(read(b"").is_err(), "nothing is no frame");
    // Windows of 128 MiB, which is decoded, and of 256 MiB and 3.75 TiB.
    assert_eq!(read(&frame(&[0, 0x88], b"hello", &[])).expect("right"), 5);
    for (window, size) in [(0x90, 1_u64 << 28), (0xff, (15 << 41) / 8)] {
        let error = read(&frame(&[0, window], b"hello", &[])).expect_err("too wide");
        assert_eq!(error.kind(), io::ErrorKind::Unsupported);
        let says =
            format!("its Zstandard window of {size} bytes is more than the 134217728 bytes that this tool decodes");
        assert_eq!(error.to_string(), says);
    }
}

#[test]
fn what_is_empty_is_a_part_nevertheless() {
    for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
        let (archive, _) = archive(compression);
        let is_empty = |part: &Part<usize>| matches!(part.content, Content::Stored(2, 0));
        assert!(archive.parts.iter().any(is_empty), "{compression:?}: or nobody would look at it");
    }
}

#[test]
fn an_encoder_that_cannot_fail_does_not_hide_a_full_disk() {
    struct Full;
    impl io::Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    for compression in [Compression::Gzip, Compression::Zstd] {
        let error = packed(compression, &noise(300_000)[..], &mut Full).expect_err("full");
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }
}

#[test]
fn long_paths_and_large_files() {
    let path = format!("blobs/sha512/{}", "a".repeat(128));
    assert_eq!(header(&path, 0).len() % 512, 0);
    let large = 20 << 30;
    let files = vec![File { path, content: Content::Stored(0, large) }];
    assert!(Archive::new(files, Compression::Gzip).expect("possible").size > large);
    for size in [u64::MAX, u64::MAX - 5, u64::MAX - 1000, u64::MAX / 2] {
        let files = vec![File { path: "a".into(), content: Content::Stored(0, size) }];
        assert_eq!(Archive::new(files, Compression::Gzip).map(|_| ()), Err(TooLarge), "{size}");
    }
}
