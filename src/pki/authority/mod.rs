//! A small certification authority: makes itself, issues, revokes.

use std::fs::{self, File};
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertificateSigningRequestParams,
    DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose,
    RevocationReason, RevokedCertParams, SanType, SerialNumber,
};
use ring::rand::{SecureRandom as _, SystemRandom};
use time::OffsetDateTime;

use super::certificate::{CertificateFacts, NotACertificate};
use super::files;
use super::index::{Index, Reason, Record, Revoked, Standing, seconds};
use crate::book::identity_name::{IdentityName, SCHEME};
use crate::calendar::Timestamp;

/// How long a new CA holds, in days: ten years.
pub const AUTHORITY_DAYS: u32 = 3_652;
/// How long a new certificate holds unless told otherwise, in days: thirteen months, so that there is a month to renew it.
pub const CERTIFICATE_DAYS: u32 = 397;
/// How long a revocation list holds, in days; a server with an older one lets nobody in.
pub const LIST_DAYS: u32 = 90;

/// By how many seconds a certificate begins before it is made, for clocks that are behind.
const BACKDATED_SECONDS: i64 = 300;

const KEY_FILE: &str = "ca.key";
const CERTIFICATE_FILE: &str = "ca.crt";
const LIST_FILE: &str = "ca.crl";
const INDEX_FILE: &str = "index.json";
const LOCK_FILE: &str = "lock";
const ISSUED_FOLDER: &str = "issued";

/// Why nothing was issued or revoked.
#[derive(Debug, thiserror::Error)]
pub enum PkiFault {
    /// A file could not be read or written.
    #[error("`{path}`")]
    File {
        /// Which.
        path: String,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// The index is not what this program wrote.
    #[error("`{0}` is not an index of certificates")]
    Index(String, #[source] serde_json::Error),
    /// A key, certificate, request or list could not be made or read.
    #[error("{0}")]
    Crypto(&'static str, #[source] rcgen::Error),
    /// A certificate that was just made cannot be read.
    #[error(transparent)]
    Unreadable(#[from] NotACertificate),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    NoRandomNumbers,
    /// There is a CA already.
    #[error("`{0}` exists already; a CA is never overwritten")]
    Exists(String),
    /// A server has no host.
    #[error("a server certificate needs at least one DNS name or IP address, under which clients reach it")]
    NoHost,
    /// Nothing matches.
    #[error("no valid certificate has the serial or name `{0}`; see `ipledger pki list`")]
    Unknown(String),
    /// The validity is out of range.
    #[error("a certificate for {0} days is not issued; expected 1 to {AUTHORITY_DAYS}")]
    Days(u32),
}

/// Where the private key of a new certificate is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// Made here; this file, mode 0600, goes to the holder and is then deleted.
    Made(PathBuf),
    /// The holder made it and keeps it.
    Kept,
}

/// A certificate that was issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// What it says.
    pub facts: CertificateFacts,
    /// Its file.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: Key,
}

/// A CA in a folder, held by this process alone.
#[derive(Debug)]
pub struct Authority {
    folder: PathBuf,
    issuer: Issuer<'static, KeyPair>,
    index: Index,
    /// Released when dropped.
    _lock: File,
}

/// For whom, and with which key.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// A certificate signing request (PKCS #10, PEM) that proves a key which the holder keeps; without one a key is made.
    /// Only its key is taken: names and usages are the CA's to say.
    pub request: Option<&'a str>,
    /// How many days it holds.
    pub days: u32,
    /// The time.
    pub now: Timestamp,
}

impl Authority {
    /// Makes a CA and its first, empty, revocation list.
    pub fn init(folder: &Path, name: &str, now: Timestamp) -> Result<Self, PkiFault> {
        fs::create_dir_all(folder.join(ISSUED_FOLDER)).map_err(in_file(folder))?;
        let lock = lock(folder)?;
        let key_path = folder.join(KEY_FILE);
        if key_path.exists() {
            return Err(PkiFault::Exists(key_path.display().to_string()));
        }
        let key = KeyPair::generate().map_err(|cause| PkiFault::Crypto("making a key", cause))?;
        let mut params = params(days(AUTHORITY_DAYS)?, now)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(DnType::OrganizationName, "ipledger CA");
        params.distinguished_name.push(DnType::CommonName, name);
        let certificate = params.self_signed(&key).map_err(|cause| PkiFault::Crypto("making the CA", cause))?;
        files::write_secret_new(&key_path, key.serialize_pem().as_bytes()).map_err(in_file(&key_path))?;
        let path = folder.join(CERTIFICATE_FILE);
        files::replace(&path, certificate.pem().as_bytes()).map_err(in_file(&path))?;
        let issuer = Issuer::new(params, key);
        let mut authority = Self { folder: folder.to_owned(), issuer, index: Index::default(), _lock: lock };
        authority.write_list(now)?;
        Ok(authority)
    }

    /// Opens a CA; waits while another process has it.
    pub fn open(folder: &Path) -> Result<Self, PkiFault> {
        let lock = lock(folder)?;
        let text = |path: &Path, bytes: io::Result<Vec<u8>>| {
            let text = bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            text.map_err(in_file(path))
        };
        let (key, certificate) = (folder.join(KEY_FILE), folder.join(CERTIFICATE_FILE));
        let key_pem = text(&key, files::read_secret(&key))?;
        let certificate_pem = text(&certificate, files::read(&certificate))?;
        let key = KeyPair::from_pem(&key_pem).map_err(|cause| PkiFault::Crypto("reading the CA's key", cause))?;
        let issuer = Issuer::from_ca_cert_pem(&certificate_pem, key)
            .map_err(|cause| PkiFault::Crypto("reading the CA's certificate", cause))?;
        let index = read_index(folder)?;
        Ok(Self { folder: folder.to_owned(), issuer, index, _lock: lock })
    }

    /// What was issued, oldest first.
    pub fn issued(&self) -> &[Record] {
        &self.index.issued
    }

    /// The file of the CA's certificate.
    pub fn certificate_path(&self) -> PathBuf {
        self.folder.join(CERTIFICATE_FILE)
    }

    /// The file of the revocation list.
    pub fn list_path(&self) -> PathBuf {
        self.folder.join(LIST_FILE)
    }

    /// Issues a client certificate.
    pub fn issue_client(&mut self, name: &IdentityName, order: Order<'_>) -> Result<Issued, PkiFault> {
        let mut params = params(days(order.days)?, order.now)?;
        let uri = name.to_string();
        let stem = uri.strip_prefix(SCHEME).unwrap_or(&uri).to_owned();
        params.distinguished_name.push(DnType::OrganizationName, "ipledger client");
        params.distinguished_name.push(DnType::CommonName, stem.chars().take(64).collect::<String>());
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let san = uri.as_str().try_into().map_err(|cause| PkiFault::Crypto("writing the name", cause))?;
        params.subject_alt_names = vec![SanType::URI(san)];
        self.issue(params, &uri, &stem, order)
    }

    /// Issues a server certificate for these DNS names and IP addresses.
    pub fn issue_server(&mut self, hosts: &[String], order: Order<'_>) -> Result<Issued, PkiFault> {
        let first = hosts.first().ok_or(PkiFault::NoHost)?;
        let mut params = params(days(order.days)?, order.now)?;
        params.distinguished_name.push(DnType::OrganizationName, "ipledger server");
        params.distinguished_name.push(DnType::CommonName, first.chars().take(64).collect::<String>());
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        for host in hosts {
            let san = match host.parse::<IpAddr>() {
                Ok(address) => SanType::IpAddress(address),
                Err(_) => SanType::DnsName(
                    host.as_str().try_into().map_err(|cause| PkiFault::Crypto("writing the host", cause))?,
                ),
            };
            params.subject_alt_names.push(san);
        }
        self.issue(params, &format!("server:{first}"), &format!("server-{first}"), order)
    }

    /// Revokes every valid certificate of this serial or name, and writes the new list. A server learns of it on SIGHUP.
    pub fn revoke(&mut self, what: &str, reason: Reason, now: Timestamp) -> Result<Vec<Record>, PkiFault> {
        let revoked = Revoked { at: seconds(now), reason };
        let mut found = Vec::new();
        for record in &mut self.index.issued {
            if record.is(what) && record.standing(now) == Standing::Valid {
                record.revoked = Some(revoked);
                found.push(record.clone());
            }
        }
        if found.is_empty() {
            return Err(PkiFault::Unknown(what.to_owned()));
        }
        self.write_list(now)?;
        Ok(found)
    }

    /// Writes the next revocation list, which holds for [`LIST_DAYS`].
    pub fn write_list(&mut self, now: Timestamp) -> Result<(), PkiFault> {
        self.index.crl_number = self.index.crl_number.saturating_add(1);
        // The index first: a number that was lost with a crash is skipped, never used twice.
        self.write_index()?;
        let params = CertificateRevocationListParams {
            this_update: time(seconds(now).saturating_sub(BACKDATED_SECONDS))?,
            next_update: time(seconds(now).saturating_add(days(LIST_DAYS)?))?,
            crl_number: SerialNumber::from(self.index.crl_number),
            issuing_distribution_point: None,
            revoked_certs: self.revoked()?,
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let list = params.signed_by(&self.issuer).and_then(|list| list.pem());
        let pem = list.map_err(|cause| PkiFault::Crypto("making the revocation list", cause))?;
        files::replace(&self.list_path(), pem.as_bytes()).map_err(in_file(&self.list_path()))
    }

    fn revoked(&self) -> Result<Vec<RevokedCertParams>, PkiFault> {
        let mut list = Vec::new();
        for record in &self.index.issued {
            let Some(revoked) = record.revoked else { continue };
            let serial = hex::decode(&record.serial).unwrap_or_default();
            list.push(RevokedCertParams {
                serial_number: SerialNumber::from_slice(&serial),
                revocation_time: time(revoked.at)?,
                reason_code: Some(reason_code(revoked.reason)),
                invalidity_date: None,
            });
        }
        Ok(list)
    }

    fn issue(
        &mut self,
        mut params: CertificateParams,
        name: &str,
        stem: &str,
        order: Order<'_>,
    ) -> Result<Issued, PkiFault> {
        let serial = serial()?;
        params.serial_number = Some(SerialNumber::from_slice(&serial));
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        let serial = hex::encode(serial);
        let stem = format!("{}-{}", file_name(stem), serial.get(..8).unwrap_or(&serial));
        let path = self.folder.join(ISSUED_FOLDER).join(stem);
        let (key_path, path) = (path.with_added_extension("key"), path.with_added_extension("crt"));
        let (certificate, key) = if let Some(request) = order.request {
            let mut request = CertificateSigningRequestParams::from_pem(request)
                .map_err(|cause| PkiFault::Crypto("reading the certificate signing request", cause))?;
            request.params = params;
            (request.signed_by(&self.issuer), Key::Kept)
        } else {
            let key = KeyPair::generate().map_err(|cause| PkiFault::Crypto("making a key", cause))?;
            files::write_secret_new(&key_path, key.serialize_pem().as_bytes()).map_err(in_file(&key_path))?;
            (params.signed_by(&key, &self.issuer), Key::Made(key_path))
        };
        let certificate = certificate.map_err(|cause| PkiFault::Crypto("issuing the certificate", cause))?;
        let facts = CertificateFacts::of(certificate.der())?;
        self.index.issued.push(Record {
            serial,
            name: name.to_owned(),
            fingerprint: facts.fingerprint.to_string(),
            file: path.strip_prefix(&self.folder).unwrap_or(&path).display().to_string(),
            not_before: seconds(facts.not_before),
            not_after: seconds(facts.not_after),
            revoked: None,
        });
        // The index first: a certificate that nobody can revoke must not exist.
        self.write_index()?;
        files::replace(&path, certificate.pem().as_bytes()).map_err(in_file(&path))?;
        Ok(Issued { facts, certificate: path, key })
    }

    fn write_index(&self) -> Result<(), PkiFault> {
        let path = self.folder.join(INDEX_FILE);
        let text = serde_json::to_string_pretty(&self.index);
        let text = text.map_err(|cause| PkiFault::Index(path.display().to_string(), cause))?;
        files::replace(&path, text.as_bytes()).map_err(in_file(&path))
    }
}

/// What the CA in a folder has issued, without its key.
pub fn read_index(folder: &Path) -> Result<Index, PkiFault> {
    let path = folder.join(INDEX_FILE);
    let bytes = files::read(&path).map_err(in_file(&path))?;
    serde_json::from_slice(&bytes).map_err(|cause| PkiFault::Index(path.display().to_string(), cause))
}

fn lock(folder: &Path) -> Result<File, PkiFault> {
    let path = folder.join(LOCK_FILE);
    let file = File::options().create(true).write(true).truncate(false).open(&path).map_err(in_file(&path))?;
    file.lock().map_err(in_file(&path))?;
    Ok(file)
}

/// Parameters with nothing but a validity.
fn params(lasting: i64, now: Timestamp) -> Result<CertificateParams, PkiFault> {
    let now = seconds(now);
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.not_before = time(now.saturating_sub(BACKDATED_SECONDS))?;
    params.not_after = time(now.saturating_add(lasting))?;
    Ok(params)
}

fn days(days: u32) -> Result<i64, PkiFault> {
    if (1..=AUTHORITY_DAYS).contains(&days) {
        return Ok(i64::from(days).saturating_mul(86_400));
    }
    Err(PkiFault::Days(days))
}

fn time(seconds: i64) -> Result<OffsetDateTime, PkiFault> {
    let beyond = |_| PkiFault::Crypto("writing a time", rcgen::Error::Time);
    OffsetDateTime::from_unix_timestamp(seconds).map_err(beyond)
}

/// 16 random bytes that are a positive number (RFC 5280, 4.1.2.2): the first one is 0x40 to 0x7f.
fn serial() -> Result<[u8; 16], PkiFault> {
    let mut serial = [0; 16];
    SystemRandom::new().fill(&mut serial).map_err(|_unspecified| PkiFault::NoRandomNumbers)?;
    if let Some(first) = serial.first_mut() {
        *first = (*first & 0x3f) | 0x40;
    }
    Ok(serial)
}

const fn reason_code(reason: Reason) -> RevocationReason {
    match reason {
        Reason::Unspecified => RevocationReason::Unspecified,
        Reason::KeyCompromise => RevocationReason::KeyCompromise,
        Reason::AffiliationChanged => RevocationReason::AffiliationChanged,
        Reason::Superseded => RevocationReason::Superseded,
        Reason::CessationOfOperation => RevocationReason::CessationOfOperation,
        Reason::PrivilegeWithdrawn => RevocationReason::PrivilegeWithdrawn,
    }
}

/// What a file may be called.
fn file_name(text: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_');
    text.chars().map(|letter| if plain(letter) { letter } else { '-' }).take(120).collect()
}

fn in_file(path: &Path) -> impl FnOnce(io::Error) -> PkiFault {
    let path = path.display().to_string();
    move |cause| PkiFault::File { path, cause }
}

#[cfg(test)]
mod tests;
