//! Names of images.

use splitbuild::reference::Reference;

pub fn target(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match text.parse::<Reference>() {
        Ok(reference) => {
            let again: Reference = reference.to_string().parse().expect("what is printed is a reference");
            assert_eq!(again.to_string(), reference.to_string());
            assert_eq!(
                (again.place(), again.tag(), again.digest()),
                (reference.place(), reference.tag(), reference.digest())
            );
            assert!(!reference.pointer().is_empty() && !reference.in_full().contains('\n'), "{reference:?}");
        }
        Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
    }
}
