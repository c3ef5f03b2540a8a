//! The selected candidate pair, from `getStats`.

use std::time::Duration;

use js_sys::{Map, Reflect};
use wasm_bindgen::{JsCast, JsValue};

use crate::path::{CandidateKind, CandidatePair, PathProtocol};

/// Finds the selected pair in a report.
///
/// Chromium names it in the statistics of the transport; Firefox has none of those, and marks the
/// pair itself.
pub(super) fn selected_pair(report: &JsValue) -> Option<CandidatePair> {
    // A report is like a map, but not a `Map`.
    let report: &Map = report.unchecked_ref();
    let (mut named, mut marked) = (None, None);
    report.for_each(&mut |entry, _| match text(&entry, "type").as_deref() {
        Some("transport") => {
            named = named.take().or_else(|| text(&entry, "selectedCandidatePairId"))
        }
        Some("candidate-pair") if is_marked(&entry) => marked = Some(entry),
        _ => {}
    });
    let pair = named.map(|id| entry(report, &id)).or(marked)?;
    let end = |name| text(&pair, name).map(|id| entry(report, &id));
    let (local, remote) = (end("localCandidateId")?, end("remoteCandidateId")?);
    Some(CandidatePair {
        local: CandidateKind::parse(&text(&local, "candidateType")?)?,
        remote: CandidateKind::parse(&text(&remote, "candidateType")?)?,
        protocol: PathProtocol::parse(&text(&local, "protocol").unwrap_or_default()),
        round_trip: property(&pair, "currentRoundTripTime")
            .and_then(|seconds| seconds.as_f64())
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
    })
}

fn is_marked(pair: &JsValue) -> bool {
    let is = |name| property(pair, name).is_some_and(|value| value.is_truthy());
    is("selected") || is("nominated") && text(pair, "state").as_deref() == Some("succeeded")
}

fn entry(report: &Map, id: &str) -> JsValue {
    report.get(&JsValue::from_str(id))
}

fn text(of: &JsValue, name: &str) -> Option<String> {
    property(of, name)?.as_string()
}

fn property(of: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(of, &JsValue::from_str(name)).ok()
}
