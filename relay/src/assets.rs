//! The page's files: inside the program, or from a folder while one works on them.

use std::path::{Component, Path, PathBuf};

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Response, StatusCode, header},
};
use rust_embed::{EmbeddedFile, RustEmbed};

/// Where the page's files come from.
#[derive(Clone, Debug)]
pub(crate) enum Assets {
    /// From the program itself; in debug builds rust-embed reads `www/dist`.
    Embedded,
    /// From a folder.
    Folder(PathBuf),
}

impl Assets {
    /// Answers a request for a path below `/`, without its leading slash.
    pub(crate) async fn answer(&self, path: &str, request: &HeaderMap) -> Response<Body> {
        let name = if path.is_empty() { INDEX } else { path };
        let Some(kind) = content_type(name).filter(|_| is_plain(name)) else { return not_found() };
        for (coding, suffix) in [(Some("br"), ".br"), (Some("gzip"), ".gz"), (None, "")] {
            if coding.is_none_or(|coding| accepts(request, coding))
                && let Some(file) = self.get(&format!("{name}{suffix}")).await
            {
                return self.found(name, kind, coding, file, request);
            }
        }
        if name == INDEX { not_built() } else { not_found() }
    }

    async fn get(&self, name: &str) -> Option<EmbeddedFile> {
        match self {
            Self::Embedded => Embedded::get(name),
            Self::Folder(folder) => {
                let path = folder.join(name);
                tokio::task::spawn_blocking(move || rust_embed::utils::read_file_from_fs(&path))
                    .await
                    .ok()?
                    .ok()
            }
        }
    }

    fn found(
        &self,
        name: &str,
        kind: &'static str,
        coding: Option<&'static str>,
        file: EmbeddedFile,
        request: &HeaderMap,
    ) -> Response<Body> {
        let tag = entity_tag(&file);
        let fresh = request.get(header::IF_NONE_MATCH).is_some_and(|known| known == tag);
        let mut response = if fresh {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            response
        } else {
            Response::new(Body::from(file.data))
        };
        let headers = response.headers_mut();
        // Vite puts a hash into the name of all that lies in `assets/`.
        let hashed = name.starts_with("assets/") && matches!(self, Self::Embedded);
        let caching = if hashed { "public, max-age=31536000, immutable" } else { "no-cache" };
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        headers.insert(header::ETAG, tag);
        if let Some(coding) = coding {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
        }
        response
    }
}

#[derive(RustEmbed)]
#[folder = "../www/dist"]
#[allow_missing = true]
struct Embedded;

const INDEX: &str = "index.html";

/// Only names below the folder: no `..`, no root, nothing that needs decoding.
fn is_plain(name: &str) -> bool {
    !name.contains(['%', '\\', '\0'])
        && Path::new(name).components().all(|part| matches!(part, Component::Normal(_)))
}

/// Returns the type of a file that pages are made of; others are not served.
fn content_type(name: &str) -> Option<&'static str> {
    let (_, extension) = name.rsplit_once('.')?;
    Some(match extension {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => return None,
    })
}

/// Tells whether `Accept-Encoding` takes a coding, `q=0` being a no.
fn accepts(request: &HeaderMap, coding: &str) -> bool {
    request
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .any(|offer| {
            let mut parts = offer.split(';').map(str::trim);
            let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
            let refused = parts
                .filter_map(|part| part.strip_prefix("q="))
                .any(|q| q.trim().parse::<f32>().is_ok_and(|quality| quality <= 0.0));
            named && !refused
        })
}

fn entity_tag(file: &EmbeddedFile) -> HeaderValue {
    let hash = file.metadata.sha256_hash();
    let hex: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    HeaderValue::from_str(&format!("\"{hex}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

fn not_found() -> Response<Body> {
    plain(StatusCode::NOT_FOUND, "There is nothing here.\n")
}

fn not_built() -> Response<Body> {
    plain(
        StatusCode::OK,
        "This LowKey relay runs, but it was built without its page.\n\n\
         Build both with `cargo xtask build`, or start with `cargo xtask serve`.\n\
         The relay itself works: see /.well-known/lowkey/node.json.\n",
    )
}

fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn request(lines: &[(header::HeaderName, &'static str)]) -> HeaderMap {
        lines.iter().map(|(k, v)| (k.clone(), HeaderValue::from_static(v))).collect()
    }

    fn folder() -> (tempfile::TempDir, Assets) {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("dist")).unwrap();
        fs::create_dir(folder.path().join("dist/assets")).unwrap();
        for (name, text) in [
            ("secret.txt", "secret"),
            ("dist/index.html", "<p>page"),
            ("dist/assets/main-abc.js", "plain"),
            ("dist/assets/main-abc.js.br", "brotli"),
            ("dist/assets/main-abc.js.gz", "gzip"),
            ("dist/assets/lowkey.wasm", "\0asm"),
        ] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let assets = Assets::Folder(folder.path().join("dist"));
        (folder, assets)
    }

    async fn body(response: Response<Body>) -> Vec<u8> {
        axum::body::to_bytes(response.into_body(), 1_024).await.unwrap().to_vec()
    }

    #[tokio::test]
    async fn a_compressed_sibling_goes_to_those_who_take_it() {
        let (_guard, assets) = folder();
        let check = async |accepted: &'static str, expected: &str, coding: Option<&str>| {
            let request = request(&[(header::ACCEPT_ENCODING, accepted)]);
            let response = assets.answer("assets/main-abc.js", &request).await;
            let found = response.headers().get(header::CONTENT_ENCODING);
            assert_eq!(found.map(|v| v.to_str().unwrap()), coding, "{accepted}");
            assert_eq!(response.headers()[header::CONTENT_TYPE], "text/javascript; charset=utf-8");
            assert_eq!(response.headers()[header::VARY], "accept-encoding");
            assert_eq!(body(response).await, expected.as_bytes(), "{accepted}");
        };
        check("gzip, deflate, br", "brotli", Some("br")).await;
        check("gzip, br;q=0", "gzip", Some("gzip")).await;
        check("GZIP;q=0.5", "gzip", Some("gzip")).await;
        check("identity", "plain", None).await;
        check("", "plain", None).await;
    }

    #[tokio::test]
    async fn wasm_has_its_type_and_the_root_is_the_page() {
        let (_guard, assets) = folder();
        let wasm = assets.answer("assets/lowkey.wasm", &HeaderMap::new()).await;
        assert_eq!(wasm.headers()[header::CONTENT_TYPE], "application/wasm");
        let root = assets.answer("", &HeaderMap::new()).await;
        assert_eq!(root.headers()[header::CACHE_CONTROL], "no-cache");
        assert_eq!(body(root).await, b"<p>page");
    }

    #[tokio::test]
    async fn a_known_entity_is_not_sent_again() {
        let (_guard, assets) = folder();
        let first = assets.answer("", &HeaderMap::new()).await;
        let mut request = HeaderMap::new();
        request.insert(header::IF_NONE_MATCH, first.headers()[header::ETAG].clone());
        let second = assets.answer("", &request).await;
        assert_eq!(second.status(), StatusCode::NOT_MODIFIED);
        assert!(body(second).await.is_empty());
    }

    #[tokio::test]
    async fn nothing_outside_the_folder_is_served() {
        let (_guard, assets) = folder();
        for path in [
            "../secret.txt",
            "assets/../../secret.txt",
            "/etc/passwd.txt",
            "%2e%2e/secret.txt",
            "assets/main-abc.js.br",
            "missing.js",
            "assets",
            "./index.html\0.txt",
        ] {
            let response = assets.answer(path, &HeaderMap::new()).await;
            assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        }
    }

    #[tokio::test]
    async fn a_missing_page_says_how_to_build_it() {
        let (_guard, _) = folder();
        let empty = tempfile::tempdir().unwrap();
        let response = Assets::Folder(empty.path().into()).answer("", &HeaderMap::new()).await;
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/plain; charset=utf-8");
        assert!(String::from_utf8(body(response).await).unwrap().contains("cargo xtask build"));
    }
}
