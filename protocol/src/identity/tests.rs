//! Keys, certificates and phrases, with vectors of others first.

use super::*;
use crate::time::Timestamp;
use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION};

fn array<const N: usize>(text: &str) -> [u8; N] {
    hex::decode(text).unwrap().try_into().unwrap()
}

/// RFC 8032, 7.1, tests 1 to 3: the key of a seed.
#[test]
fn seeds_give_the_keys_of_rfc_8032() {
    for (seed, key) in [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        ),
    ] {
        let pair = IdentityKeyPair::from_seed(&array(seed));
        assert_eq!(hex::encode(pair.key().as_bytes()), key);
        assert_eq!(IdentityKey::from_bytes(pair.key().as_bytes()), Ok(pair.key()));
    }
}

/// RFC 8032, 7.1, test 2, through the same signing that certificates use.
#[test]
fn signatures_are_those_of_rfc_8032() {
    let seed = array("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
    let pair = IdentityKeyPair::from_seed(&seed);
    let signature = raw_sign::<Sha512>(pair.expanded(), &[0x72], &pair.key().verifying().unwrap());
    let expected = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
                    085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
    assert_eq!(hex::encode(signature.to_bytes()), expected);
}

/// RFC 7748, 6.1.
#[test]
fn agreement_is_that_of_rfc_7748() {
    let alice = DhKeyPair::from_secret(&array(
        "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
    ));
    let bob = DhKeyPair::from_secret(&array(
        "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
    ));
    let public = "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a";
    assert_eq!(hex::encode(alice.public().0), public);
    let public = "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f";
    assert_eq!(hex::encode(bob.public().0), public);
    let shared = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";
    assert_eq!(hex::encode(alice.agree(&bob.public()).unwrap().as_bytes()), shared);
    assert_eq!(hex::encode(bob.agree(&alice.public()).unwrap().as_bytes()), shared);
}

#[test]
fn points_outside_the_group_are_refused() {
    for point in EIGHT_TORSION {
        let bytes = point.compress().0;
        assert_eq!(IdentityKey::from_bytes(&bytes), Err(IdentityKeyError::SmallOrder));
    }
    for point in EIGHT_TORSION.iter().skip(1) {
        let bytes = (ED25519_BASEPOINT_POINT + point).compress().0;
        assert_eq!(IdentityKey::from_bytes(&bytes), Err(IdentityKeyError::Torsion));
    }
    let mut not_canonical = [0xff; 32];
    not_canonical[0] = 0xee; // y = 1 + p
    not_canonical[31] = 0x7f;
    assert!(IdentityKey::from_bytes(&not_canonical).is_err());
    let mut off_curve = [0; 32];
    off_curve[0] = 2;
    assert_eq!(IdentityKey::from_bytes(&off_curve), Err(IdentityKeyError::NotOnCurve));
}

#[test]
fn a_certificate_fits_one_identity_generation_and_key_only() {
    let pair = IdentityKeyPair::from_seed(&[1; 32]);
    let other = IdentityKeyPair::from_seed(&[2; 32]);
    let key = DhKeyPair::from_secret(&[3; 32]).public();
    let certificate = pair.certify(Generation(7), &key);
    assert_eq!(certificate.verify(&pair.key(), Generation(7), &key), Ok(()));
    assert!(certificate.verify(&other.key(), Generation(7), &key).is_err());
    assert!(certificate.verify(&pair.key(), Generation(8), &key).is_err());
    assert!(certificate.verify(&pair.key(), Generation(7), &DhPublicKey([9; 32])).is_err());
    for i in 0..64 {
        let mut bad = certificate;
        bad.0[i] ^= 1;
        assert!(bad.verify(&pair.key(), Generation(7), &key).is_err());
    }
}

#[test]
fn keys_that_force_zero_are_refused() {
    let pair = DhKeyPair::from_secret(&[5; 32]);
    assert!(pair.agree(&DhPublicKey([0; 32])).is_err());
    let mut one = [0; 32];
    one[0] = 1;
    assert!(pair.agree(&DhPublicKey(one)).is_err());
}

#[test]
fn a_generation_grows_past_what_was_found() {
    let now = Timestamp::from_minutes(100);
    assert_eq!(Generation::new(now, None), Generation(100));
    assert_eq!(Generation::new(now, Some(Generation(50))), Generation(100));
    assert_eq!(Generation::new(now, Some(Generation(100))), Generation(101));
    assert_eq!(Generation::new(now, Some(Generation(u32::MAX))), Generation(u32::MAX));
}

#[test]
fn a_dh_identity_survives_the_vault() {
    let pair = IdentityKeyPair::from_seed(&[1; 32]);
    let own = DhIdentity::new(&pair, Generation(9), DhKeyPair::from_secret(&[4; 32]));
    let again = DhIdentity::decode(&own.encode()).unwrap();
    assert_eq!(again.pair().public(), own.pair().public());
    assert_eq!(again.generation(), own.generation());
    assert_eq!(again.certificate(), own.certificate());
    assert!(DhIdentity::decode(&own.encode()[1..]).is_none());
}

#[test]
fn phrases_say_what_is_wrong() {
    let good = "legal winner thank year wave sausage worth useful legal winner thank yellow";
    assert_eq!(Phrase::parse(good).unwrap().words().as_str(), good);
    let sloppy = "  LEGAL winner\nthank year wave sausage worth useful legal winner Thank yellow ";
    assert_eq!(Phrase::parse(sloppy).unwrap().words().as_str(), good);
    let check = |text: &str, error| assert_eq!(Phrase::parse(text).unwrap_err(), error);
    check("", PhraseError::WordCount { found: 0 });
    check("legal winner", PhraseError::WordCount { found: 2 });
    check(&good.replace("wave", "wafe"), PhraseError::UnknownWord { position: 5 });
    check(&good.replace("yellow", "year"), PhraseError::Checksum);
    check(&good.replace("thank year", "year thank"), PhraseError::Checksum);
}

/// From BIP-39's own list (trezor/python-mnemonic), 12 words; entropy to words.
#[test]
fn phrases_are_those_of_bip_39() {
    for (entropy, words) in [
        (
            "00000000000000000000000000000000",
            "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about",
        ),
        (
            "80808080808080808080808080808080",
            "letter advice cage absurd amount doctor acoustic avoid letter advice cage above",
        ),
        ("ffffffffffffffffffffffffffffffff", "zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo wrong"),
        (
            "9e885d952ad362caeb4efe34a8e91bd2",
            "ozone drill grab fiber curtain grace pudding thank cruise elder eight picnic",
        ),
    ] {
        let phrase = Phrase::from_entropy(&array(entropy)).unwrap();
        assert_eq!(phrase.words().as_str(), words);
        assert_eq!(hex::encode(Phrase::parse(words).unwrap().entropy().as_slice()), entropy);
    }
}
