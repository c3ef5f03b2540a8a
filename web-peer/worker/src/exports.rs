//! The functions as JavaScript calls them; a failure is an `Error` with a `code`.

use js_sys::{Error, Reflect};
use wasm_bindgen::prelude::*;
use zeroize::Zeroizing;

use crate::{AgeError, Cost, Randomness, open_age, seal_age, stretch};

/// Stretches a passphrase to a key of 32 bytes by argon2id.
#[wasm_bindgen(js_name = stretch)]
pub fn stretch_export(
    passphrase: String,
    salt: &[u8],
    memory_kib: u32,
    passes: u32,
    lanes: u32,
) -> Result<Vec<u8>, JsValue> {
    let passphrase = Zeroizing::new(passphrase);
    let key = stretch(passphrase.as_bytes(), salt, Cost { memory_kib, passes, lanes });
    key.map(|key| key.to_vec()).map_err(|error| coded("internal", &error.to_string()))
}

/// Encrypts to the X25519 identity with this secret.
#[wasm_bindgen(js_name = sealAge)]
pub fn seal_age_export(archive: Vec<u8>, secret: Vec<u8>) -> Result<Vec<u8>, JsValue> {
    let archive = Zeroizing::new(archive);
    let random = Randomness::draw().map_err(|error| coded("internal", &error.to_string()))?;
    Ok(seal_age(&archive, &*secret_of(secret)?, random))
}

/// Decrypts a file.
#[wasm_bindgen(js_name = openAge)]
pub fn open_age_export(file: Vec<u8>, secret: Vec<u8>) -> Result<Vec<u8>, JsValue> {
    let opened = open_age(file, &*secret_of(secret)?);
    let mut plaintext = opened.map_err(|error| {
        let code = match error {
            AgeError::Malformed => "backupMalformed",
            AgeError::OtherIdentity => "backupOtherIdentity",
        };
        coded(code, &error.to_string())
    })?;
    Ok(core::mem::take(&mut *plaintext))
}

fn secret_of(secret: Vec<u8>) -> Result<Zeroizing<[u8; 32]>, JsValue> {
    let secret = Zeroizing::new(secret);
    let bytes = secret.as_slice().try_into().map(Zeroizing::new);
    bytes.map_err(|_| coded("internal", "a secret has 32 bytes"))
}

fn coded(code: &str, message: &str) -> JsValue {
    let error = Error::new(message);
    // `Reflect::set` fails only on frozen objects; this one was just made.
    let _ = Reflect::set(&error, &"code".into(), &code.into());
    error.into()
}
