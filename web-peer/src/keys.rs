//! The key that rows are sealed with, as it is kept: wrapped.
//!
//! Without a lock a WebCrypto key wraps it that no script can read out, only use; the browser keeps
//! it in the database. With a lock the key is stretched from a passphrase by argon2id, and nothing
//! that opens the profile is kept. Changing the one for the other overwrites the wrap.

use js_sys::{Array, ArrayBuffer, Object, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{CryptoKey, SubtleCrypto};
use zeroize::Zeroizing;

use crate::slow::{Cost, Slow};

/// Bytes of AES-GCM's nonce; each key wraps once.
const NONCE: usize = 12;

/// Bytes of argon2id's salt.
const SALT: usize = 16;

/// What a wrap is for, as the additional data of AES-GCM.
const PURPOSE: &[u8] = b"lowkey/1/wrap";

/// What opens a profile that is locked, without its passphrase: a key that cannot be read out. It
/// can be posted to another tab.
#[derive(Clone, Debug)]
pub struct Pass(CryptoKey);

impl Pass {
    /// Takes what another tab posted.
    pub fn from_js(value: JsValue) -> Option<Self> {
        value.dyn_into().ok().map(Self)
    }

    /// Returns what can be posted.
    pub fn as_js(&self) -> &JsValue {
        &self.0
    }
}

/// A vault key as it is kept.
#[derive(Debug)]
pub struct Wrap {
    by: By,
    nonce: Uint8Array,
    sealed: Uint8Array,
}

#[derive(Debug)]
enum By {
    Device(CryptoKey),
    Passphrase { salt: Uint8Array, cost: Cost },
}

impl Wrap {
    /// Wraps a key by one that only this browser can use.
    pub async fn by_device(vault: &[u8; 32]) -> Result<Self, KeyError> {
        let params = Object::new();
        set(&params, "name", &"AES-GCM".into());
        set(&params, "length", &256.into());
        let made = subtle()?.generate_key_with_object(&params, false, &uses());
        let made = JsFuture::from(made.map_err(failed)?).await.map_err(failed)?;
        let key: CryptoKey = made.dyn_into().map_err(failed)?;
        let (nonce, sealed) = seal(&key, vault).await?;
        Ok(Self { by: By::Device(key), nonce, sealed })
    }

    /// Wraps a key by a passphrase.
    pub async fn by_passphrase(
        vault: &[u8; 32],
        passphrase: &str,
        slow: &Slow,
    ) -> Result<(Self, Pass), KeyError> {
        let salt = random::<SALT>()?;
        let cost = Cost::DEFAULT;
        let pass = stretch(passphrase, salt.as_slice(), cost, slow).await?;
        let (nonce, sealed) = seal(&pass.0, vault).await?;
        let by = By::Passphrase { salt: Uint8Array::from(salt.as_slice()), cost };
        Ok((Self { by, nonce, sealed }, pass))
    }

    /// Whether a passphrase is needed.
    pub const fn is_locked(&self) -> bool {
        matches!(self.by, By::Passphrase { .. })
    }

    /// Unwraps the key of a profile that is not locked.
    pub async fn open(&self) -> Result<Zeroizing<[u8; 32]>, KeyError> {
        match &self.by {
            By::Device(key) => self.open_with(key).await,
            By::Passphrase { .. } => Err(KeyError::Locked),
        }
    }

    /// Unwraps the key by what the passphrase was stretched to before.
    pub async fn open_by(&self, pass: &Pass) -> Result<Zeroizing<[u8; 32]>, KeyError> {
        self.open_with(&pass.0).await
    }

    /// Unwraps the key by the passphrase.
    pub async fn open_locked(
        &self,
        passphrase: &str,
        slow: &Slow,
    ) -> Result<(Zeroizing<[u8; 32]>, Pass), KeyError> {
        let By::Passphrase { salt, cost } = &self.by else { return Err(KeyError::Wrong) };
        let pass = stretch(passphrase, &salt.to_vec(), *cost, slow).await?;
        Ok((self.open_with(&pass.0).await?, pass))
    }

    /// Reads what was kept.
    pub fn from_js(value: &JsValue) -> Option<Self> {
        let get = |field: &str| Reflect::get(value, &field.into()).ok();
        let number = |field| get(field)?.as_f64().and_then(to_u32);
        let by = match get("by")?.as_string()?.as_str() {
            "device" => By::Device(get("key")?.dyn_into().ok()?),
            "passphrase" => {
                let memory_kib = number("memoryKib")?;
                let cost = Cost { memory_kib, passes: number("passes")?, lanes: number("lanes")? };
                By::Passphrase { salt: get("salt")?.dyn_into().ok()?, cost }
            }
            _ => return None,
        };
        let (nonce, sealed) = (get("nonce")?.dyn_into().ok()?, get("sealed")?.dyn_into().ok()?);
        Some(Self { by, nonce, sealed })
    }

    /// Returns what is kept.
    pub fn to_js(&self) -> JsValue {
        let object = Object::new();
        match &self.by {
            By::Device(key) => {
                set(&object, "by", &"device".into());
                set(&object, "key", key);
            }
            By::Passphrase { salt, cost } => {
                set(&object, "by", &"passphrase".into());
                set(&object, "salt", salt);
                set(&object, "memoryKib", &cost.memory_kib.into());
                set(&object, "passes", &cost.passes.into());
                set(&object, "lanes", &cost.lanes.into());
            }
        }
        set(&object, "nonce", &self.nonce);
        set(&object, "sealed", &self.sealed);
        object.into()
    }

    async fn open_with(&self, key: &CryptoKey) -> Result<Zeroizing<[u8; 32]>, KeyError> {
        let opened = subtle()?
            .decrypt_with_object_and_js_u8_array(&gcm(&self.nonce), key, &self.sealed)
            .map_err(failed)?;
        // AES-GCM tells nothing else: another key, or other bytes.
        let opened = JsFuture::from(opened).await.map_err(|_| KeyError::Wrong)?;
        let opened: ArrayBuffer = opened.dyn_into().map_err(failed)?;
        let opened = Uint8Array::new(&opened);
        let mut vault = Zeroizing::new([0; 32]);
        if opened.length() != 32 {
            return Err(KeyError::Wrong);
        }
        opened.copy_to(vault.as_mut_slice());
        opened.fill(0, 0, 32);
        Ok(vault)
    }
}

/// Why a key was not wrapped or unwrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// A passphrase is needed.
    #[error("the profile is locked")]
    Locked,
    /// It does not open by this.
    #[error("the key does not open")]
    Wrong,
    /// This browser has no such cryptography, or the worker failed.
    #[error("the browser failed")]
    Failed,
}

/// Draws random bytes.
pub fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>, KeyError> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(bytes.as_mut_slice()).map_err(|_| KeyError::Failed)?;
    Ok(bytes)
}

/// Whether this page may use WebCrypto: pages of plain HTTP may not.
pub fn has_web_crypto() -> bool {
    subtle().is_ok()
}

async fn stretch(passphrase: &str, salt: &[u8], cost: Cost, slow: &Slow) -> Result<Pass, KeyError> {
    let raw = slow.stretch(passphrase, salt, cost).await.map_err(|_| KeyError::Failed)?;
    let bytes = Uint8Array::from(raw.as_slice());
    let imported = subtle()?.import_key_with_str("raw", &bytes, "AES-GCM", false, &uses());
    let imported = JsFuture::from(imported.map_err(failed)?).await;
    bytes.fill(0, 0, bytes.length());
    imported.map_err(failed)?.dyn_into().map(Pass).map_err(failed)
}

async fn seal(key: &CryptoKey, vault: &[u8; 32]) -> Result<(Uint8Array, Uint8Array), KeyError> {
    let nonce = Uint8Array::from(random::<NONCE>()?.as_slice());
    let plain = Uint8Array::from(vault.as_slice());
    let sealed = subtle()?.encrypt_with_object_and_js_u8_array(&gcm(&nonce), key, &plain);
    let sealed = JsFuture::from(sealed.map_err(failed)?).await;
    plain.fill(0, 0, plain.length());
    let sealed: ArrayBuffer = sealed.map_err(failed)?.dyn_into().map_err(failed)?;
    Ok((nonce, Uint8Array::new(&sealed)))
}

fn gcm(nonce: &Uint8Array) -> Object {
    let params = Object::new();
    set(&params, "name", &"AES-GCM".into());
    set(&params, "iv", nonce);
    set(&params, "additionalData", &Uint8Array::from(PURPOSE));
    params
}

fn uses() -> Array {
    ["encrypt", "decrypt"].into_iter().map(JsValue::from).collect()
}

fn subtle() -> Result<SubtleCrypto, KeyError> {
    let crypto = web_sys::window().ok_or(KeyError::Failed)?.crypto().map_err(failed)?;
    let subtle: JsValue = crypto.subtle().into();
    // Its type says that it is always there.
    if subtle.is_undefined() { Err(KeyError::Failed) } else { Ok(subtle.unchecked_into()) }
}

fn failed<T>(_: T) -> KeyError {
    KeyError::Failed
}

/// Returns the whole number that JavaScript holds as this; its text has no fraction then.
pub(crate) fn to_u32(number: f64) -> Option<u32> {
    number.to_string().parse().ok()
}

fn set(object: &Object, field: &str, value: &JsValue) {
    // Setting fails only on frozen objects; these were just made.
    let _ = Reflect::set(object, &field.into(), value);
}
