//! What takes too long for the page's thread: the page hands in a function that has a worker do it.
//!
//! So the wasm of the worker, with argon2id and the format of backups, is loaded when it is needed
//! and by the page, whose bundler knows where it is.

use js_sys::{Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use zeroize::Zeroizing;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &'static str = r#"
/** What takes too long for the page's thread. */
export type SlowTask =
    | {
          type: "stretch";
          passphrase: string;
          salt: Uint8Array;
          memoryKib: number;
          passes: number;
          lanes: number;
      }
    | { type: "sealAge"; archive: Uint8Array; secret: Uint8Array }
    | { type: "openAge"; file: Uint8Array; secret: Uint8Array };

/** Has a worker do a task; rejects with an `Error` that has a `code` like the peer's. */
export type Slow = (task: SlowTask) => Promise<Uint8Array>;
"#;

#[wasm_bindgen]
extern "C" {
    /// The page's function for slow tasks.
    #[wasm_bindgen(typescript_type = "Slow")]
    #[derive(Clone, Debug)]
    pub type Slow;

    #[wasm_bindgen(method, catch, js_name = call)]
    fn ask(this: &Slow, receiver: &JsValue, task: &Object) -> Result<Promise, JsValue>;
}

/// What a guess of a passphrase costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Cost {
    /// RFC 9106's choice for little memory, with one lane: a page has one thread for it.
    pub const DEFAULT: Self = Self { memory_kib: 64 << 10, passes: 3, lanes: 1 };
}

impl Slow {
    /// Stretches a passphrase to a key by argon2id.
    pub async fn stretch(
        &self,
        passphrase: &str,
        salt: &[u8],
        cost: Cost,
    ) -> Result<Zeroizing<[u8; 32]>, SlowError> {
        let salt = Uint8Array::from(salt);
        let task = [
            ("type", "stretch".into()),
            ("passphrase", passphrase.into()),
            ("salt", salt.into()),
            ("memoryKib", cost.memory_kib.into()),
            ("passes", cost.passes.into()),
            ("lanes", cost.lanes.into()),
        ];
        let answer = self.run(&task).await?;
        let mut key = Zeroizing::new([0; 32]);
        if answer.length() != 32 {
            return Err(SlowError::Failed);
        }
        answer.copy_to(key.as_mut_slice());
        answer.fill(0, 0, 32);
        Ok(key)
    }

    /// Encrypts an archive to the X25519 identity with this secret.
    pub async fn seal_age(
        &self,
        archive: Vec<u8>,
        secret: &[u8; 32],
    ) -> Result<Uint8Array, SlowError> {
        let plaintext = Uint8Array::from(archive.as_slice());
        drop(Zeroizing::new(archive));
        let (archive, secret) = (plaintext.into(), Uint8Array::from(secret.as_slice()).into());
        self.run(&[("type", "sealAge".into()), ("archive", archive), ("secret", secret)]).await
    }

    /// Decrypts a file.
    pub async fn open_age(
        &self,
        file: &Uint8Array,
        secret: &[u8; 32],
    ) -> Result<Vec<u8>, SlowError> {
        let secret = Uint8Array::from(secret.as_slice()).into();
        let task = [("type", "openAge".into()), ("file", file.into()), ("secret", secret)];
        Ok(self.run(&task).await?.to_vec())
    }

    async fn run(&self, fields: &[(&str, JsValue)]) -> Result<Uint8Array, SlowError> {
        let task = Object::new();
        for (name, value) in fields {
            // `Reflect::set` fails only on frozen objects; this one was just made.
            let _ = Reflect::set(&task, &(*name).into(), value);
        }
        let answer = self.ask(&JsValue::UNDEFINED, &task).map_err(|error| refused(&error))?;
        let answer = JsFuture::from(answer).await.map_err(|error| refused(&error))?;
        answer.dyn_into().map_err(|_| SlowError::Failed)
    }
}

/// Why a slow task was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SlowError {
    /// The file is no backup, or was cut or changed.
    #[error("the file is no backup, or was cut or changed")]
    Malformed,
    /// The file is another identity's.
    #[error("the backup is of another identity")]
    OtherIdentity,
    /// There is no worker, or no memory for it.
    #[error("the worker failed")]
    Failed,
}

fn refused(error: &JsValue) -> SlowError {
    let code = Reflect::get(error, &"code".into()).ok().and_then(|code| code.as_string());
    match code.as_deref() {
        Some("backupMalformed") => SlowError::Malformed,
        Some("backupOtherIdentity") => SlowError::OtherIdentity,
        _ => SlowError::Failed,
    }
}
