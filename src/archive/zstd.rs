//! Zstandard, decompressed with the lengths and checksums of its frames checked
//! ([RFC 8878](https://www.rfc-editor.org/rfc/rfc8878)).

use std::io::{self, BufRead, BufReader, Read};

use ruzstd::decoding::errors::{FrameDecoderError, FrameHeaderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// The largest window that is decoded, in bytes: the default of `zstd` itself.
const WINDOW: u64 = 128 << 20;

/// The content of all the frames of a file; what is marked to be skipped is skipped.
pub(super) struct Frames<R: Read> {
    /// The frame that is being read.
    frame: Option<Box<FrameDecoder>>,
    /// How much of its content has been read.
    taken: u64,
    /// Whether there was any frame at all.
    is_begun: bool,
    source: BufReader<R>,
}

impl<R: Read> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let Some(frame) = &mut self.frame else {
                if self.source.fill_buf()?.is_empty() {
                    return if self.is_begun { Ok(0) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
                }
                self.begin()?;
                continue;
            };
            let length = frame.read(buffer)?;
            self.taken += length as u64;
            if length > 0 || buffer.is_empty() {
                return Ok(length);
            }
            if frame.is_finished() {
                check_frame(frame, self.taken)?;
                self.frame = None;
            } else {
                let one = BlockDecodingStrategy::UptoBlocks(1);
                frame.decode_blocks(&mut self.source, one).map_err(|e| io::Error::other(e.to_string()))?;
            }
        }
    }
}

impl<R: Read> Frames<R> {
    pub(super) fn new(source: R) -> Self {
        Self { frame: None, taken: 0, is_begun: false, source: BufReader::new(source) }
    }

    /// Begins the next frame, or skips it.
    fn begin(&mut self) -> io::Result<()> {
        let mut frame = Box::new(FrameDecoder::new());
        frame.set_max_window_size(WINDOW);
        self.is_begun = true;
        match frame.init(&mut self.source) {
            Ok(()) => {
                (self.frame, self.taken) = (Some(frame), 0);
                Ok(())
            }
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                let skipped = io::copy(&mut (&mut self.source).take(length.into()), &mut io::sink())?;
                if skipped < u64::from(length) { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
            }
            Err(
                FrameDecoderError::WindowSizeTooBig { requested: window, .. }
                | FrameDecoderError::FrameHeaderError(FrameHeaderError::WindowTooBig { got: window }),
            ) => {
                // A limit of ours, and no fault of the content.
                let why = format!(
                    "its Zstandard window of {window} bytes is more than the {WINDOW} bytes that this tool decodes"
                );
                Err(io::Error::new(io::ErrorKind::Unsupported, why))
            }
            Err(error) => Err(io::Error::other(error.to_string())),
        }
    }
}

/// Checks a frame's content against its length and checksum, as far as it has them.
fn check_frame(frame: &FrameDecoder, taken: u64) -> io::Result<()> {
    // The decoder does not distinguish no length from the length 0.
    if frame.content_size() > 0 && frame.content_size() != taken {
        return Err(io::Error::other(format!(
            "a Zstandard frame says that it has {} bytes, but has {taken}",
            frame.content_size()
        )));
    }
    match frame.get_checksum_from_data() {
        Some(expected) if frame.get_calculated_checksum() != Some(expected) => {
            Err(io::Error::other("a Zstandard frame has a wrong checksum"))
        }
        _ => Ok(()),
    }
}
