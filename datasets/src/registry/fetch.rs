//! Bringing data sets to this machine.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ureq::http::{Response, StatusCode, header};
use ureq::{Agent, Body};

use super::{Places, Source, SourceFile};
use crate::DatasetError;

/// What is read from the network at a time, in bytes.
const CHUNK: usize = 1 << 16;

/// How long a server may take to answer, and to go on.
const PATIENCE: Duration = Duration::from_secs(30);

/// What has been received of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress<'a> {
    /// The file, as its data set's folder has it.
    pub path: &'a str,
    /// How many bytes of it are here.
    pub received: u64,
    /// How many it has.
    pub size: u64,
}

/// Brings a data set to the cache, and says where it is: copied from the mirror if that has it, or from
/// the network. What is there already is left, if it is right. `show` hears of what is received.
///
/// A file is received beside its place and comes there when its size and hash are right. One that breaks
/// off goes on where it was; one that is not right is removed, and what was there before stays.
///
/// # Errors
///
/// [`DatasetError::NotHere`] if the data set cannot be fetched, with what to do instead;
/// [`DatasetError::Download`], which names the address, for what the network or a server does;
/// [`DatasetError::InvalidContent`] for a file that is not what it should be; [`DatasetError::Read`]
/// and [`DatasetError::Write`].
pub fn fetch(
    source: &Source,
    places: &Places,
    mut show: impl FnMut(Progress<'_>),
) -> Result<PathBuf, DatasetError> {
    let no_cache = || DatasetError::NotHere {
        name: source.name.clone(),
        remedy: "this user has no folder for caches: name one by RECURRA_CACHE".to_owned(),
    };
    let cache = places.cache.as_ref().ok_or_else(no_cache)?;
    let folder = cache.join(&source.name);
    let mirror = places.mirror.as_ref().map(|it| it.join(&source.name));
    let mirror = mirror.filter(|it| source.is_in(it));
    if mirror.is_none() && !source.can_be_fetched() {
        places.require(source)?;
    }
    for file in &source.files {
        let place = folder.join(&file.path);
        if file.verify(&place).is_ok() {
            continue;
        }
        let parent = place.parent().unwrap_or(&folder);
        fs::create_dir_all(parent).map_err(cannot_write(parent))?;
        let part = beside(&place);
        match (&mirror, &file.address) {
            (Some(mirror), _) => copy(&mirror.join(&file.path), &part)?,
            (None, Some(address)) => download(file, address, &part, &mut show)?,
            (None, None) => continue,
        }
        if let Err(error) = file.verify(&part) {
            // A part that goes on from something else would never become right.
            let _ = fs::remove_file(&part);
            return Err(error);
        }
        fs::rename(&part, &place).map_err(cannot_write(&place))?;
    }
    Ok(folder)
}

/// `FILE.part`.
fn beside(place: &Path) -> PathBuf {
    let mut name = place.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

fn cannot_write(path: &Path) -> impl Fn(std::io::Error) -> DatasetError {
    move |cause| DatasetError::Write {
        path: path.to_owned(),
        cause,
    }
}

fn copy(from: &Path, to: &Path) -> Result<(), DatasetError> {
    let mut file = File::open(from).map_err(DatasetError::read(from))?;
    let mut copy = File::create(to).map_err(cannot_write(to))?;
    std::io::copy(&mut file, &mut copy).map_err(cannot_write(to))?;
    Ok(())
}

/// Receives what is missing of `part`.
fn download(
    file: &SourceFile,
    address: &str,
    part: &Path,
    show: &mut impl FnMut(Progress<'_>),
) -> Result<(), DatasetError> {
    let failed = |cause: String| DatasetError::Download {
        address: address.to_owned(),
        cause,
    };
    let here = fs::metadata(part).map_or(0, |it| it.len());
    // A part that is whole and not in its place was cut off just before, or is too long: it begins anew.
    let here = if here < file.size { here } else { 0 };
    let (first, mut body) = answered(address, here).map_err(failed)?;
    let goes_on = first > 0;
    let mut options = OpenOptions::new();
    options.create(true).write(true);
    let opened = options.append(goes_on).truncate(!goes_on).open(part);
    let mut output = opened.map_err(cannot_write(part))?;
    let (mut received, mut reader, mut chunk) = (first, body.as_reader(), vec![0; CHUNK]);
    while received <= file.size {
        let count = reader.read(&mut chunk);
        let count = count.map_err(|error| failed(error.to_string()))?;
        if count == 0 {
            break;
        }
        let written = output.write_all(&chunk[..count]);
        written.map_err(cannot_write(part))?;
        received += count as u64;
        show(Progress {
            path: &file.path,
            received,
            size: file.size,
        });
    }
    match received < file.size {
        true => Err(failed(format!("{received} of {} bytes came", file.size))),
        false => Ok(()),
    }
}

/// What a server sends that was asked to begin at `first`, and where it does begin; or what is wrong.
fn answered(address: &str, first: u64) -> Result<(u64, Body), String> {
    let answer = ask(address, first).map_err(|error| error.to_string())?;
    match answer.status() {
        StatusCode::PARTIAL_CONTENT if first > 0 => Ok((first, answer.into_body())),
        StatusCode::OK => Ok((0, answer.into_body())),
        // The server does not go on from there.
        StatusCode::RANGE_NOT_SATISFIABLE if first > 0 => answered(address, 0),
        status => Err(format!("the server answers {status}")),
    }
}

/// Asks for all bytes from `first` on.
fn ask(address: &str, first: u64) -> Result<Response<Body>, ureq::Error> {
    let agent: Agent = Agent::config_builder()
        .http_status_as_error(false)
        .timeout_connect(Some(PATIENCE))
        .timeout_recv_response(Some(PATIENCE))
        .build()
        .into();
    let request = agent.get(address);
    match first {
        0 => request.call(),
        first => request
            .header(header::RANGE, format!("bytes={first}-"))
            .call(),
    }
}
