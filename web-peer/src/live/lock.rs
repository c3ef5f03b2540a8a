//! The Web Lock `lowkey`: whoever holds it leads.
//!
//! The browser gives it on when a tab closes, crashes or reloads, to whoever waits longest. Where a
//! page may keep nothing, browsers refuse locks too: then each tab is alone, and leads.

use std::{cell::Cell, rc::Rc};

use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortController;

use crate::error::Coded;

const NAME: &str = "lowkey";

#[wasm_bindgen]
extern "C" {
    // web-sys has this behind a flag for unstable interfaces, which browsers have had since 2022.
    type LockManager;

    #[wasm_bindgen(method, catch)]
    fn request(
        this: &LockManager,
        name: &str,
        options: &Object,
        callback: &Function,
    ) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn query(this: &LockManager) -> Result<Promise, JsValue>;
}

/// How to come to the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// Wait for it.
    Wait,
    /// Take it from whoever has it.
    Steal,
}

/// What becomes of a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// It has come.
    Granted,
    /// This browser has none for a page that may keep nothing.
    Denied,
    /// Another tab took it.
    Lost,
}

/// A lock that is held or waited for; dropped, it is given back.
#[derive(Debug)]
pub(super) struct Lock {
    // None only where the browser did not call back as it must.
    release: Option<Function>,
    waiting: AbortController,
    is_over: Rc<Cell<bool>>,
}

impl Lock {
    /// Asks for the lock; `turn` hears what becomes of it.
    pub(super) fn request(how: How, turn: impl Fn(Turn) + Clone + 'static) -> Result<Self, Coded> {
        let (held, release) = promise();
        let waiting = AbortController::new().map_err(|_| missing())?;
        let options = Object::new();
        match how {
            How::Wait => set(&options, "signal", &waiting.signal()),
            How::Steal => set(&options, "steal", &JsValue::TRUE),
        }
        let is_over = Rc::new(Cell::new(false));
        let was_granted = Rc::new(Cell::new(false));
        let granted = {
            let (turn, is_over, was_granted) = (turn.clone(), is_over.clone(), was_granted.clone());
            Closure::once_into_js(move |_lock: JsValue| -> JsValue {
                was_granted.set(true);
                if !is_over.get() {
                    turn(Turn::Granted);
                }
                held.into()
            })
        };
        let ended =
            manager()?.request(NAME, &options, granted.unchecked_ref()).map_err(|_| missing())?;
        {
            let is_over = is_over.clone();
            wasm_bindgen_futures::spawn_local(async move {
                if JsFuture::from(ended).await.is_err() && !is_over.get() {
                    turn(if was_granted.get() { Turn::Lost } else { Turn::Denied });
                }
            });
        }
        Ok(Self { release, waiting, is_over })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.is_over.set(true);
        if let Some(release) = &self.release {
            // Nobody reads what it returns.
            let _ = release.call0(&JsValue::NULL);
        }
        self.waiting.abort();
    }
}

/// Whether a tab of this profile leads or is about to.
pub(super) async fn is_held() -> bool {
    let Ok(query) = manager().and_then(|manager| manager.query().map_err(|_| missing())) else {
        return false;
    };
    let Ok(locks) = JsFuture::from(query).await else { return false };
    let held = Reflect::get(&locks, &"held".into()).unwrap_or(JsValue::UNDEFINED);
    Array::from(&held)
        .iter()
        .any(|lock| Reflect::get(&lock, &"name".into()).is_ok_and(|name| name == NAME))
}

fn manager() -> Result<LockManager, Coded> {
    let navigator = web_sys::window().ok_or_else(missing)?.navigator();
    let locks = Reflect::get(&navigator, &"locks".into()).map_err(|_| missing())?;
    if locks.is_undefined() { Err(missing()) } else { Ok(locks.unchecked_into()) }
}

fn missing() -> Coded {
    Coded::internal("this browser has no Web Locks")
}

/// Returns a promise and the function that keeps it, which is handed out before this returns.
fn promise() -> (Promise, Option<Function>) {
    let mut keep = None;
    let promise = Promise::new(&mut |resolve, _| keep = Some(resolve));
    (promise, keep)
}

fn set(object: &Object, field: &str, value: &JsValue) {
    // Setting fails only on frozen objects; these were just made.
    let _ = Reflect::set(object, &field.into(), value);
}
