//! Options of a simulated server at start, in code or on the command line.

use serde::Deserialize;

use crate::flavour::Flavour;

/// The custom fields and rows of a new workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// Standard fields only, no rows: a workspace without our fields.
    Fresh,
    /// `externalId` (unique TEXT), plan, status and website fields on both objects, no rows.
    Provisioned,
    /// Standard fields and some rows, similar to the server's dev seed.
    Dev,
}

/// Body format of the metadata REST routes (`docs/twenty/protocol.md#custom-fields`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MetadataFormat {
    /// Wrapped answers (`data.objects`, `data.createOneField`), the dev seed's format.
    Legacy,
    /// Bare objects, as in workspaces created today.
    New,
}

/// What happens to a phone's or link's subfields that a write does not send (`unsent.rs`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UnsentSubfields {
    /// They survive, as those of other composites do, except for the label of a cleared URL.
    Kept,
    /// They become null: observed on a real 2.21 server that ran beside this simulator (`npm run reliability --
    /// compare`).
    #[default]
    Wiped,
}

/// One token bucket: `limit` calls per `ttl_ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Limit {
    /// Bucket size in tokens.
    pub limit: u64,
    /// Milliseconds in which an empty bucket fills up.
    pub ttl_ms: u64,
    /// Size of the bucket if it differs from `limit`; 2.47 only.
    #[serde(default)]
    pub burst: Option<u64>,
}

impl Limit {
    /// A bucket of `limit` tokens.
    pub const fn of(limit: u64, ttl_ms: u64) -> Self {
        Self {
            limit,
            ttl_ms,
            burst: None,
        }
    }
}

/// The two buckets of the workspace; `None` switches one off. The server's defaults are
/// 100 per 1000 ms and 100 per 60000 ms (`docs/twenty/protocol.md#rate-limits`); the simulator's default is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RateLimits {
    /// API_RATE_LIMITING_SHORT_*.
    pub short: Option<Limit>,
    /// API_RATE_LIMITING_LONG_*.
    pub long: Option<Limit>,
}

impl RateLimits {
    /// The limits a real server starts with.
    pub fn server_default() -> Self {
        Self {
            short: Some(Limit::of(100, 1000)),
            long: Some(Limit::of(100, 60_000)),
        }
    }
}

/// Simulated database time, added to a request's answer, in microseconds per record.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceTimes {
    /// Per inserted record.
    pub insert_us: u64,
    /// Per updated or deleted record.
    pub update_us: u64,
    /// Per record returned by a read.
    pub lookup_us: u64,
}

/// All options of a simulated server.
#[derive(Debug, Clone)]
pub struct SimOptions {
    /// TCP port on 127.0.0.1; 0 (the default) picks a free one.
    pub port: u16,
    /// Starting schema and rows.
    pub preset: Preset,
    /// Seed of record ids, keys and probabilistic faults.
    pub rng_seed: u64,
    /// Body format of the metadata routes.
    pub metadata_format: MetadataFormat,
    /// Rate limits, none by default.
    pub rate_limits: RateLimits,
    /// Milliseconds added to every answer.
    pub latency_ms: u64,
    /// Database time per record.
    pub service_times: ServiceTimes,
    /// Server version to imitate.
    pub flavour: Flavour,
    /// Whether 2.47 uses its new limiter (IS_API_RATE_LIMIT_V2_ENABLED). Without it the texts are the old ones.
    pub told_limits: bool,
    /// Records that a workspace of 2.47 may hold (WORKSPACE_RECORD_LIMIT); none by default.
    pub record_limit: Option<usize>,
    /// Whether the allowance of a workspace of 2.47 is used up.
    pub allowance_exhausted: bool,
    /// Whether 2.47 drops webhooks above 60 in 60 seconds (IS_WEBHOOK_RATE_LIMIT_ENABLED).
    pub webhook_limit: bool,
    /// Subfields of phones and links that a write does not send.
    pub unsent_subfields: UnsentSubfields,
    /// Chance that an upsert of a key whose first insert is still in flight loses the race and
    /// is refused as a duplicate (`docs/twenty/protocol.md#upserts`: two of eight), 0 to 1.
    pub upsert_race_probability: f64,
    /// Whether webhooks are delivered to loopback addresses (OUTBOUND_HTTP_SAFE_MODE_ENABLED
    /// set to false on a real server). Default true, because that is what tests need.
    pub deliver_webhooks_to_loopback: bool,
    /// Milliseconds after which an idle connection is closed (SERVER_KEEP_ALIVE_TIMEOUT_MS).
    pub keep_alive_ms: u64,
    /// How many requests the log keeps.
    pub log_size: usize,
}

impl Default for SimOptions {
    fn default() -> Self {
        Self {
            port: 0,
            preset: Preset::Provisioned,
            rng_seed: 1,
            metadata_format: MetadataFormat::Legacy,
            rate_limits: RateLimits::default(),
            latency_ms: 0,
            service_times: ServiceTimes::default(),
            flavour: Flavour::V2_21,
            told_limits: true,
            record_limit: None,
            allowance_exhausted: false,
            webhook_limit: false,
            unsent_subfields: UnsentSubfields::default(),
            upsert_race_probability: 0.25,
            deliver_webhooks_to_loopback: true,
            keep_alive_ms: 65_000,
            log_size: 1000,
        }
    }
}

/// What `twenty-sim --help` prints.
pub const HELP: &str = "\
A stand-in for a Twenty CRM server, for development and tests.

Usage: twenty-sim [options]

Listens on 127.0.0.1, and prints one line of JSON once it does: baseUrl, apiKey (a key with every
right), apiKeys (others, by purpose), roles, pid. It ends when its standard input closes.

Options, each with a value:
  --port <number>               0 picks a free one (default 0)
  --preset <name>               fresh: standard fields only; provisioned: custom fields, too; dev: a
                                few rows (default provisioned)
  --flavour <version>           server version to imitate, 2.21, 2.31 or 2.47 (default 2.21)
  --unsent-subfields <name>     what a write of phones or links does not send: wiped as by a real
                                server, or kept (default wiped)
  --metadata-format <name>      legacy or new (default legacy)
  --rate-limit <limits>         none, default (the server's own: 100 a second, 100 a minute), or
                                calls/ms as in 100/60000, two with a comma: short,long (default none);
                                calls/ms/burst where a bucket of 2.47 has another size
  --told-limits <true|false>    2.47: 429 tells kind, scope and wait, or uses the old words (default true)
  --record-limit <count>        2.47: records that the workspace may hold, 409 above (default none)
  --allowance-exhausted <true|false>  2.47: writes are refused with 402 (default false)
  --webhook-limit <true|false>  2.47: drops webhooks above 60 in 60 seconds (default false)
  --latency-ms <ms>             added to every answer (default 0)
  --service-times <a,b,c>       microseconds per record of insert, update, look-up (default 0,0,0)
  --upsert-race <chance>        that one of two simultaneous upserts is refused, 0 to 1 (default 0.25)
  --keep-alive-ms <ms>          after which an idle connection is closed (default 65000)
  --log-size <count>            requests that the log keeps (default 1000)
  --rng-seed <number>           of ids, keys and chances (default 1)
  -h, --help                    this text

Control while it runs, without a key: GET /__sim/stats, /__sim/log, /__sim/records/<plural>;
POST /__sim/reset, /__sim/options, /__sim/faults, /__sim/seed, /__sim/clock, /__sim/ids,
/__sim/webhooks.
";

impl SimOptions {
    /// Reads command line arguments (without the program name).
    ///
    /// # Errors
    /// A sentence naming the argument that is unknown or malformed.
    pub fn from_args(args: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut options = Self::default();
        let mut args = args.into_iter();
        while let Some(name) = args.next() {
            let value = args.next().ok_or_else(|| format!("{name} needs a value"))?;
            let bad = || format!("{name}: '{value}' is not valid");
            match name.as_str() {
                "--port" => options.port = value.parse().map_err(|_| bad())?,
                "--preset" => options.preset = word(&value).ok_or_else(bad)?,
                "--rng-seed" => options.rng_seed = value.parse().map_err(|_| bad())?,
                "--latency-ms" => options.latency_ms = value.parse().map_err(|_| bad())?,
                "--metadata-format" => options.metadata_format = word(&value).ok_or_else(bad)?,
                "--flavour" => options.flavour = word(&value).ok_or_else(bad)?,
                "--unsent-subfields" => {
                    options.unsent_subfields = word(&value).ok_or_else(bad)?;
                }
                "--rate-limit" => options.rate_limits = rate_limits(&value).ok_or_else(bad)?,
                "--told-limits" => options.told_limits = value.parse().map_err(|_| bad())?,
                "--record-limit" => {
                    options.record_limit = Some(value.parse().map_err(|_| bad())?);
                }
                "--allowance-exhausted" => {
                    options.allowance_exhausted = value.parse().map_err(|_| bad())?;
                }
                "--webhook-limit" => options.webhook_limit = value.parse().map_err(|_| bad())?,
                "--service-times" => {
                    options.service_times = service_times(&value).ok_or_else(bad)?;
                }
                "--upsert-race" => {
                    options.upsert_race_probability = value.parse().map_err(|_| bad())?;
                }
                "--keep-alive-ms" => options.keep_alive_ms = value.parse().map_err(|_| bad())?,
                "--log-size" => options.log_size = value.parse().map_err(|_| bad())?,
                _ => return Err(format!("unknown argument {name}")),
            }
        }
        Ok(options)
    }
}

fn word<T: for<'de> Deserialize<'de>>(value: &str) -> Option<T> {
    serde_json::from_value(serde_json::Value::from(value)).ok()
}

/// `none`, `default`, or `N/ms[/burst][,N/ms[/burst]]`: one bucket (long) or short and long.
fn rate_limits(value: &str) -> Option<RateLimits> {
    match value {
        "none" => return Some(RateLimits::default()),
        "default" => return Some(RateLimits::server_default()),
        _ => {}
    }
    let mut limits = Vec::new();
    for part in value.split(',') {
        let (limit, rest) = part.split_once('/')?;
        let (ttl, burst) = match rest.split_once('/') {
            Some((ttl, burst)) => (ttl, Some(burst.parse().ok()?)),
            None => (rest, None),
        };
        limits.push(Limit {
            limit: limit.parse().ok()?,
            ttl_ms: ttl.parse().ok()?,
            burst,
        });
    }
    match limits[..] {
        [long] => Some(RateLimits {
            short: None,
            long: Some(long),
        }),
        [short, long] => Some(RateLimits {
            short: Some(short),
            long: Some(long),
        }),
        _ => None,
    }
}

fn service_times(value: &str) -> Option<ServiceTimes> {
    let parts: Vec<u64> = value
        .split(',')
        .map(|p| p.parse().ok())
        .collect::<Option<_>>()?;
    let [insert_us, update_us, lookup_us] = parts[..] else {
        return None;
    };
    Some(ServiceTimes {
        insert_us,
        update_us,
        lookup_us,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<SimOptions, String> {
        SimOptions::from_args(line.split(' ').map(str::to_owned))
    }

    #[test]
    fn arguments_set_the_options() {
        let options = parse(
            "--preset fresh --flavour 2.47 --rate-limit 100/60000/20 --service-times 1,2,3 --metadata-format new",
        )
        .unwrap();
        assert_eq!(options.preset, Preset::Fresh);
        assert_eq!(options.flavour, Flavour::V2_47);
        assert_eq!(
            options.rate_limits.long,
            Some(Limit {
                burst: Some(20),
                ..Limit::of(100, 60_000)
            })
        );
        assert_eq!(options.service_times.lookup_us, 3);
        assert_eq!(options.metadata_format, MetadataFormat::New);
    }

    #[test]
    fn the_help_names_every_option_and_no_other() {
        let named: Vec<&str> = HELP
            .lines()
            .filter_map(|line| line.strip_prefix("  --"))
            .filter_map(|line| line.split(' ').next())
            .collect();
        let source = include_str!("options.rs");
        let known: Vec<&str> = source
            .lines()
            .filter_map(|line| line.trim().strip_prefix("\"--"))
            .filter_map(|line| line.split_once("\" =>"))
            .map(|(name, _)| name)
            .collect();
        assert!(known.len() > 10);
        for name in &known {
            assert!(named.contains(name), "{name} is not in the help");
        }
        assert_eq!(named.len(), known.len());
    }

    #[test]
    fn bad_arguments_are_named() {
        assert!(parse("--preset nope").unwrap_err().contains("--preset"));
        assert!(parse("--nope 1").unwrap_err().contains("--nope"));
        assert!(
            parse("--rate-limit 5")
                .unwrap_err()
                .contains("--rate-limit")
        );
    }
}
