//! The headers that every answer carries.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// Over what the page came: decides whether it may open plain WebSockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    Https,
}

/// Adds what keeps a page to itself.
pub(crate) fn harden(headers: &mut HeaderMap, scheme: Scheme) {
    let policy = match scheme {
        Scheme::Http => POLICY_OVER_HTTP,
        Scheme::Https => POLICY_OVER_HTTPS,
    };
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

const ALWAYS: [(HeaderName, &str); 4] = [
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(self), clipboard-write=(self), display-capture=(), geolocation=(), hid=(), \
         microphone=(), midi=(), payment=(), serial=(), usb=()",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
];

macro_rules! policy {
    ($connect:literal) => {
        concat!(
            "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; ",
            "img-src 'self' data: blob:; connect-src ",
            $connect,
            "; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; ",
            "frame-ancestors 'none'; require-trusted-types-for 'script'; ",
            // The second policy knows one URL: that of the page's own worker.
            "trusted-types lit-html lowkey-worker"
        )
    };
}

const POLICY_OVER_HTTPS: &str = policy!("'self' wss:");
// A page over http is one of this machine or of a test: its relays have no certificates.
const POLICY_OVER_HTTP: &str = policy!("'self' wss: ws:");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_websockets_are_for_pages_over_http() {
        let policy = |scheme| {
            let mut headers = HeaderMap::new();
            harden(&mut headers, scheme);
            headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned()
        };
        assert!(policy(Scheme::Http).contains("connect-src 'self' wss: ws:;"));
        assert!(policy(Scheme::Https).contains("connect-src 'self' wss:;"));
        for policy in [policy(Scheme::Http), policy(Scheme::Https)] {
            for part in ["frame-ancestors 'none'", "worker-src 'self'", "default-src 'none'"] {
                assert!(policy.contains(part), "{part} in {policy}");
            }
            assert!(!policy.contains("unsafe-inline"));
            let trusted = policy.split("; ").find(|part| part.starts_with("trusted-types "));
            assert_eq!(trusted, Some("trusted-types lit-html lowkey-worker"));
        }
    }
}
