//! Platforms, as they are written in a matrix and on the command line, and by any name that other tools have.

use splitbuild::platform::Platform;

pub fn target(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(platform) = text.parse::<Platform>() {
        assert_eq!(platform.to_string().parse().as_ref(), Ok(&platform), "{platform}");
        known(&platform);
    }
    if let Ok(platform) = Platform::with_version(text) {
        assert_eq!(Platform::with_version(&platform.to_string()).as_ref(), Ok(&platform), "{platform}");
        known(&platform);
    }
    if let Ok(platform) = Platform::by_any_name(text) {
        known(&platform);
    }
    let mut words = text.split(' ');
    let [os, architecture, variant, version] = [(); 4].map(|()| words.next());
    let (os, architecture) = (os.unwrap_or_default(), architecture.unwrap_or_default());
    if let Some(platform) = Platform::of_image(os, architecture, variant, version) {
        known(&platform);
    }
}

/// What holds of every platform.
fn known(platform: &Platform) {
    assert!(platform.fits(platform), "{platform}");
    let word = platform.word();
    let is_word = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    assert!(!word.is_empty() && word.chars().all(is_word), "{word:?} of {platform} is in tags");
}
