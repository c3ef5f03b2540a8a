//! File < environment < flags, laid over each other key by key.
//!
//! The list of keys is made from the structs themselves, so that a new field needs nothing here.

use std::{collections::BTreeMap, ffi::OsString, fmt, path::PathBuf};

use serde_json::{Map, Value};

use super::Config;

/// What the command line can say. Every other key comes from the file or the environment.
#[derive(Clone, Debug, Default, clap::Parser)]
#[command(
    name = "lowkey-relay",
    version,
    about = "The LowKey node: serves the page, bootstraps, relays circuits, keeps sealed records",
    after_help = "Each key of the file can also stand in the environment: public_url as \
                  LOWKEY_PUBLIC_URL, circuits of [limits] as LOWKEY_LIMITS_CIRCUITS; lists are \
                  parted by commas. Flags win over the environment, the environment over the file."
)]
pub struct Flags {
    /// Configuration file (TOML)
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where to listen; port 0 takes a free one [default: 127.0.0.1:8470]
    #[arg(long, value_name = "IP:PORT")]
    pub listen: Option<String>,
    /// Where to listen for WebRTC-direct, by UDP [default: on, the same number as --listen]
    #[arg(long, value_name = "on|off|IP:PORT")]
    pub webrtc: Option<String>,
    /// Where to answer STUN, by UDP [default: off; on takes port 3478]
    #[arg(long, value_name = "on|off|IP:PORT")]
    pub stun: Option<String>,
    /// An IP address by which the world reaches this machine (may be repeated)
    #[arg(long, value_name = "IP")]
    pub public_ip: Vec<String>,
    /// Folder of the identity key, made at the first start
    #[arg(long, value_name = "DIR")]
    pub data: Option<String>,
    /// Name of this relay, as pages show it
    #[arg(long)]
    pub name: Option<String>,
    /// Where the world finds this relay
    #[arg(long, value_name = "https://HOST[:PORT]")]
    pub public_url: Option<String>,
    /// Another relay to join: its https URL or its address with /p2p (may be repeated)
    #[arg(long, value_name = "URL|ADDRESS")]
    pub bootstrap: Vec<String>,
    /// A reverse proxy whose X-Forwarded-For is believed (may be repeated)
    #[arg(long, value_name = "IP|NETWORK")]
    pub trusted_proxy: Vec<String>,
    /// Read the page from this folder instead of from the program
    #[arg(long, value_name = "DIR")]
    pub assets: Option<String>,
    /// What to log: info, debug, or tracing filters
    #[arg(long, value_name = "FILTER")]
    pub log: Option<String>,
    /// One key of the limits (may be repeated)
    #[arg(long, value_name = "KEY=NUMBER")]
    pub limit: Vec<String>,
}

/// Lays file, environment and flags over the defaults.
pub fn load(
    flags: &Flags,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Config, ConfigError> {
    let known = known_keys();
    let environment = from_environment(environment, &known)?;
    let file = flags
        .config
        .clone()
        .or_else(|| environment.file.clone())
        .map_or_else(|| Ok(Vec::new()), |path| from_file(path, &known))?;
    let mut config = Config::default();
    for setting in file.into_iter().chain(environment.settings).chain(from_flags(flags, &known)?) {
        config = apply(&config, setting)?;
    }
    Ok(config)
}

/// Why a configuration is refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("configuration file {} cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("configuration file {} is not TOML", path.display())]
    Toml {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: toml::de::Error,
    },
    /// No such key.
    #[error("unknown key {key} in {origin}{}", suggestion.as_ref().map(|s| format!("; did you mean {s}?")).unwrap_or_default())]
    UnknownKey {
        /// What was written.
        key: String,
        /// Where.
        origin: Origin,
        /// The nearest key that there is.
        suggestion: Option<String>,
    },
    /// A value that does not fit its key.
    #[error("{key} in {origin} is not usable")]
    Value {
        /// The key.
        key: String,
        /// Where.
        origin: Origin,
        /// Why.
        source: serde_json::Error,
    },
    /// A `--limit` without `=`.
    #[error("--limit {found} is not KEY=NUMBER")]
    LimitFlag {
        /// What was written.
        found: String,
    },
}

/// Where a setting was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// In this file.
    File(PathBuf),
    /// In this variable of the environment.
    Environment(String),
    /// On the command line.
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Environment(name) => write!(f, "the environment ({name})"),
            Self::Flag => f.write_str("the flags"),
        }
    }
}

struct Setting {
    /// `listen`, or `limits.circuits`.
    key: String,
    value: Value,
    origin: Origin,
}

/// Each key with its default, `limits.…` included.
type KnownKeys = BTreeMap<String, Value>;

fn known_keys() -> KnownKeys {
    let mut keys = KnownKeys::new();
    if let Ok(Value::Object(top)) = serde_json::to_value(Config::default()) {
        for (key, value) in top {
            match value {
                Value::Object(section) => {
                    keys.extend(section.into_iter().map(|(k, v)| (format!("{key}.{k}"), v)));
                }
                other => drop(keys.insert(key, other)),
            }
        }
    }
    keys
}

fn check_known(key: &str, origin: &Origin, known: &KnownKeys) -> Result<(), ConfigError> {
    if known.contains_key(key) {
        return Ok(());
    }
    Err(ConfigError::UnknownKey {
        key: key.to_owned(),
        origin: origin.clone(),
        suggestion: nearest(key, known.keys().map(String::as_str)),
    })
}

/// Returns the candidate that a typing error most likely meant.
fn nearest<'a>(found: &str, candidates: impl Iterator<Item = &'a str>) -> Option<String> {
    let last = |key: &str| key.rsplit('.').next().unwrap_or(key).replace('-', "_");
    candidates
        .map(|known| {
            let whole = strsim::jaro_winkler(found, known);
            (whole.max(strsim::jaro_winkler(&last(found), &last(known))), known)
        })
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known.to_owned())
}

fn from_file(path: PathBuf, known: &KnownKeys) -> Result<Vec<Setting>, ConfigError> {
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(source) => return Err(ConfigError::Read { path, source }),
    };
    let table: Map<String, Value> = match toml::from_str(&text) {
        Ok(table) => table,
        Err(source) => return Err(ConfigError::Toml { path, source }),
    };
    let origin = Origin::File(path);
    let mut settings = Vec::new();
    for (key, value) in table {
        match value {
            Value::Object(section) => {
                for (inner, value) in section {
                    let key = format!("{key}.{inner}");
                    settings.push(Setting { key, value, origin: origin.clone() });
                }
            }
            value => settings.push(Setting { key, value, origin: origin.clone() }),
        }
    }
    settings.iter().try_for_each(|s| check_known(&s.key, &s.origin, known))?;
    Ok(settings)
}

struct Environment {
    file: Option<PathBuf>,
    settings: Vec<Setting>,
}

fn from_environment(
    variables: impl IntoIterator<Item = (OsString, OsString)>,
    known: &KnownKeys,
) -> Result<Environment, ConfigError> {
    let names: BTreeMap<String, &String> =
        known.keys().map(|key| (variable_name(key), key)).collect();
    let mut environment = Environment { file: None, settings: Vec::new() };
    for (name, value) in variables {
        let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else { continue };
        if name == "LOWKEY_CONFIG" {
            environment.file = Some(value.into());
            continue;
        }
        let origin = Origin::Environment(name.to_owned());
        let Some(key) = names.get(name) else {
            // Other programs of the project read variables of the same prefix, so only what
            // looks like a typing error is one.
            let suggestion = names
                .keys()
                .find(|known| {
                    strsim::damerau_levenshtein(known, name) <= 2
                        || name.starts_with("LOWKEY_LIMITS_")
                })
                .and_then(|_| nearest(name, names.keys().map(String::as_str)));
            match suggestion {
                Some(_) => {
                    let key = name.to_owned();
                    return Err(ConfigError::UnknownKey { key, origin, suggestion });
                }
                None => continue,
            }
        };
        let text = value.to_string_lossy();
        let value = value_of_text(&text, known.get(*key));
        environment.settings.push(Setting { key: (*key).clone(), value, origin });
    }
    Ok(environment)
}

const PREFIX: &str = "LOWKEY_";

fn variable_name(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "_").to_uppercase())
}

/// Reads a text as the kind of value that the key's default is.
fn value_of_text(text: &str, default: Option<&Value>) -> Value {
    match default {
        Some(Value::Number(_)) => text
            .replace('_', "")
            .parse::<u64>()
            .map_or_else(|_| Value::String(text.to_owned()), Value::from),
        Some(Value::Array(_)) => text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(Value::from)
            .collect(),
        _ => Value::from(text),
    }
}

fn from_flags(flags: &Flags, known: &KnownKeys) -> Result<Vec<Setting>, ConfigError> {
    let single = [
        ("listen", &flags.listen),
        ("webrtc", &flags.webrtc),
        ("stun", &flags.stun),
        ("data", &flags.data),
        ("name", &flags.name),
        ("public_url", &flags.public_url),
        ("assets", &flags.assets),
        ("log", &flags.log),
    ];
    let lists = [
        ("bootstrap", &flags.bootstrap),
        ("trusted_proxies", &flags.trusted_proxy),
        ("public_ips", &flags.public_ip),
    ];
    let flag = |key: &str, value| Setting { key: key.to_owned(), value, origin: Origin::Flag };
    let mut settings: Vec<Setting> = single
        .into_iter()
        .filter_map(|(key, value)| value.as_ref().map(|v| flag(key, Value::from(v.as_str()))))
        .chain(
            lists
                .into_iter()
                .filter(|(_, list)| !list.is_empty())
                .map(|(key, list)| flag(key, list.iter().map(String::as_str).collect())),
        )
        .collect();
    for text in &flags.limit {
        let Some((key, value)) = text.split_once('=') else {
            return Err(ConfigError::LimitFlag { found: text.clone() });
        };
        let key = format!("limits.{}", key.trim().replace('-', "_"));
        check_known(&key, &Origin::Flag, known)?;
        let value = value_of_text(value.trim(), known.get(&key));
        settings.push(Setting { key, value, origin: Origin::Flag });
    }
    Ok(settings)
}

/// Returns the configuration with one key set: one at a time, so that an error names its key.
fn apply(config: &Config, setting: Setting) -> Result<Config, ConfigError> {
    let Setting { key, value, origin } = setting;
    let result = serde_json::to_value(config).and_then(|mut whole| {
        let slot = match key.split_once('.') {
            Some((section, inner)) => whole.get_mut(section).and_then(|s| s.get_mut(inner)),
            None => whole.get_mut(&key),
        };
        if let Some(slot) = slot {
            *slot = value;
        }
        serde_json::from_value(whole)
    });
    result.map_err(|source| ConfigError::Value { key, origin, source })
}

#[cfg(test)]
mod tests;
