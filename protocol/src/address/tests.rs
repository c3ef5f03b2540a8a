//! Addresses: the one right spelling, and what is said of all others.

use std::{format, string::ToString, vec::Vec};

use bech32::ByteIterExt;
use proptest::prelude::*;

use super::*;
use crate::identity::IdentityKeyPair;

const GOOD: &str = "lowkey1qyp6zpal708pp0sawrw33e6tczvk0exkxzd62r2lrhwgveqj25cmsf7ksqy";

fn check(text: &str, error: AddressError) {
    assert_eq!(Address::parse(text), Err(error), "{text}");
}

fn with_data<Ck: bech32::Checksum>(prefix: &str, data: &[u8]) -> String {
    bech32::encode::<Ck>(Hrp::parse(prefix).unwrap(), data).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn addresses_round_trip_in_both_cases(seed: [u8; 32]) {
        let address = Address::new(IdentityKeyPair::from_seed(&seed).key());
        let text = address.to_string();
        prop_assert_eq!(text.len(), CHARACTERS);
        prop_assert_eq!(Address::parse(&text), Ok(address));
        prop_assert_eq!(Address::parse(&text.to_uppercase()), Ok(address));
        prop_assert_eq!(Address::parse(&format!("  {text}\n")), Ok(address));
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,100}", tail in "\\PC{0,70}") {
        prop_assert!(Address::parse(&text).is_err());
        prop_assert!(Address::parse(&["lowkey1", &tail].concat()).is_err());
    }

    #[test]
    fn one_wrong_character_is_located(place in 7..66_usize, symbol in 0..32_usize) {
        let found = ALPHABET.chars().nth(symbol).unwrap();
        prop_assume!(!GOOD[place..].starts_with(found));
        let bad = format!("{}{found}{}", &GOOD[..place], &GOOD[place + 1..]);
        let error = AddressError::WrongCharacter { position: place + 1, found };
        prop_assert_eq!(Address::parse(&bad), Err(error));
    }
}

#[test]
fn errors_say_what_is_wrong() {
    check("", AddressError::Empty);
    check("  ", AddressError::Empty);
    check(&GOOD.replacen("qyp6", "QYP6", 1), AddressError::MixedCase);
    check(
        &GOOD.replacen("qyp6", "qyb6", 1),
        AddressError::WrongCharacter { position: 10, found: 'b' },
    );
    check(
        &GOOD.replacen("qyp6", "qy 6", 1),
        AddressError::WrongCharacter { position: 10, found: ' ' },
    );
    check(
        &GOOD.replacen("lowkey1", "lowkeyl", 1),
        AddressError::WrongCharacter { position: 7, found: 'l' },
    );
    check(&GOOD.replacen("qyp6zpal", "yqp6zplp", 1), AddressError::Checksum);
    for found in [65, 20, 7] {
        check(&GOOD[..found], AddressError::Length { found, expected: CHARACTERS });
    }
    let long = format!("{GOOD}q");
    check(&long, AddressError::Length { found: 67, expected: CHARACTERS });
    let key = IdentityKeyPair::from_seed(&[1; 32]).key();
    let of = |version: u8, key: &[u8]| [&[version], key].concat();
    let newer = with_data::<Bech32m>(PREFIX, &of(2, key.as_bytes()));
    check(&newer, AddressError::NewerVersion { found: 2 });
    check(&with_data::<Bech32m>(PREFIX, &of(7, &[1; 10])), AddressError::NewerVersion { found: 7 });
    check(&with_data::<Bech32m>(PREFIX, &of(0, key.as_bytes())), AddressError::BadKey);
    let short = with_data::<Bech32m>(PREFIX, &of(1, &key.as_bytes()[1..]));
    check(&short, AddressError::Length { found: short.len(), expected: CHARACTERS });
    for bad in [[0; 32], [0xff; 32], [2; 32]] {
        check(&with_data::<Bech32m>(PREFIX, &of(1, &bad)), AddressError::BadKey);
    }
}

#[test]
fn other_things_are_named() {
    let other = AddressError::OtherKind;
    check("bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", other(OtherKind::Bitcoin));
    check("BC1QAR0SRRR7XFKVY5L643LYDNW9RE59GTZZWF5MDQ", other(OtherKind::Bitcoin));
    check(
        "npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptg",
        other(OtherKind::Nostr),
    );
    check("12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA", other(OtherKind::PeerId));
    check("QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N", other(OtherKind::PeerId));
    check("https://example.org/#i/AQog", other(OtherKind::Link));
    check("#i/AQog", other(OtherKind::Link));
    check("hello", other(OtherKind::Unknown));
    check("häß", other(OtherKind::Unknown));
    let key = IdentityKeyPair::from_seed(&[1; 32]).key();
    let data = [&[VERSION], &key.as_bytes()[..]].concat();
    check(&with_data::<Bech32>(PREFIX, &data), other(OtherKind::Bech32));
    check(&with_data::<Bech32m>("lokwey", &data), other(OtherKind::Unknown));
}

/// The checksum fits, and the padding bits are not zero: a second spelling of one key.
#[test]
fn a_second_spelling_is_refused() {
    let key = IdentityKeyPair::from_seed(&[1; 32]).key();
    let data = [&[VERSION], &key.as_bytes()[..]].concat();
    let hrp = Hrp::parse(PREFIX).unwrap();
    use bech32::{Fe32, Fe32IterExt};
    let mut symbols: Vec<Fe32> = data.iter().copied().bytes_to_fes().collect();
    let last = symbols.pop().unwrap();
    symbols.push(Fe32::try_from(last.to_u8() | 1).unwrap());
    let text: String = symbols.into_iter().with_checksum::<Bech32m>(&hrp).chars().collect();
    assert!(CheckedHrpstring::new::<Bech32m>(&text).is_ok());
    check(&text, AddressError::BadKey);
}

/// BIP-350's invalid bech32m strings: none becomes an address, none makes it panic.
#[test]
fn bip_350_invalid_strings_are_refused() {
    for text in [
        "\u{20}1xj0phk",
        "\u{7f}1g6xzxy",
        "\u{80}1vctc34",
        "an84characterslonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber11d6pts4",
        "qyrz8wqd2c9m",
        "1qyrz8wqd2c9m",
        "y1b0jsk6g",
        "lt1igcx5c0",
        "in1muywd",
        "mm1crxm3i",
        "au1s5cgom",
        "M1VUXWEZ",
        "16plkw9",
        "1p2gdwpf",
    ] {
        assert!(Address::parse(text).is_err(), "{text}");
    }
}

#[test]
fn logs_show_no_whole_address() {
    let address = Address::parse(GOOD).unwrap();
    assert_eq!(format!("{address:?}"), "lowkey1qyp6zpal7…");
}
