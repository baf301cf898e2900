//! The mapped memory behind a ledger: reserve, grow, replace after a fork.
//!
//! A large address range is reserved once; the file (or, when the disk is full, anonymous memory)
//! is mapped into it piece by piece. Nothing is ever unmapped while the process lives (only replaced by
//! other memory), which is what makes `&'static` references into it sound. No descriptor is kept open.
//!
//! Invariants every `unsafe` block here relies on:
//! 1. `base..base + reserved` belongs to this mapping alone, from `create` to the end of the process.
//! 2. `base..base + mapped` is readable and writable memory; `mapped` never shrinks.
//! 3. `base` is page aligned, so an offset that is a multiple of 8 gives an aligned word.
//! 4. Other processes only read the file; truncating it is the one thing that could take pages away,
//!    and nobody but its owner may write it (mode 0600).

#![expect(clippy::cast_ptr_alignment, reason = "every cast checks its offset, see invariant 3")]

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::FallocateFlags;
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags, mmap, mmap_anonymous};
use rustix::process::{Resource, getrlimit};

use crate::layout::{BLOCK_BUCKETS, FUNCTION_SLOTS, HISTOGRAM_COUNTS, NODE_SLOTS};
use crate::slot::{FunctionSlots, HistogramBlock, NodeSlots};
use crate::sync::{AtomicU64, Ordering};

/// Address space set aside: the bound on the size of a ledger.
const RESERVED_BYTES: usize = 1 << 30;
/// Smallest useful reservation, tried where the address space is limited.
const RESERVED_BYTES_MIN: usize = 8 << 20;
/// Never more than this share of a limited address space.
const ADDRESS_SPACE_SHARE: u64 = 16;
/// Mappings begin and end at pages; no page of a supported machine is larger.
const PAGE_BYTES: usize = 64 << 10;
/// Growth happens in multiples of this.
const GROWTH_BYTES: usize = 256 << 10;
/// Growth doubles the mapping up to this step.
const GROWTH_BYTES_MAX: usize = 4 << 20;

/// Why a ledger cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    /// The file could not be created.
    #[error("cannot create ledger `{}`", path.display())]
    Create {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// There is no room on the disk for even the first records.
    #[error("cannot reserve {bytes} bytes for ledger `{}`", path.display())]
    Reserve {
        /// The file.
        path: PathBuf,
        /// How much was asked for.
        bytes: usize,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The address space is exhausted.
    #[error("cannot map ledger memory")]
    Map(#[source] io::Error),
}

/// A growing, never moving piece of memory, backed by a file as far as the disk allows.
#[derive(Debug)]
pub(crate) struct Mapping {
    base: *mut u8,
    reserved: usize,
    mapped: usize,
    /// Bytes backed by the file; equal to `mapped` until the disk is full.
    backed: usize,
    path: PathBuf,
    inode: u64,
}

// SAFETY: the memory behind `base` belongs to this mapping alone (invariant 1), lives as long as the
// process and is not tied to a thread; what several threads may reach are atomics.
unsafe impl Send for Mapping {}

impl Mapping {
    /// Creates the file and maps its first `bytes`; it may grow.
    pub(crate) fn create(path: &Path, bytes: usize) -> Result<Self, MappingError> {
        Self::create_within(path, round_up(bytes), RESERVED_BYTES)
    }

    /// Creates a file of `bytes` that never grows.
    pub(crate) fn create_fixed(path: &Path, bytes: usize) -> Result<Self, MappingError> {
        Self::create_within(path, bytes.next_multiple_of(PAGE_BYTES), 0)
    }

    /// Creates the file, sets up to `addresses` bytes of address space aside for it and maps `bytes`.
    fn create_within(path: &Path, bytes: usize, addresses: usize) -> Result<Self, MappingError> {
        let file = create_file(path)?;
        let inode = file.metadata().map_err(|source| create_error(path, source))?.ino();
        if let Err(source) = reserve_space(&file, 0, bytes) {
            let _ = std::fs::remove_file(path);
            return Err(MappingError::Reserve { path: path.to_owned(), bytes, source });
        }
        let (base, reserved) = reserve_addresses(bytes, addresses).map_err(MappingError::Map)?;
        let path = path.to_owned();
        let mut mapping = Self { base, reserved, mapped: 0, backed: 0, path, inode };
        mapping.map_file(&file, 0, bytes).map_err(MappingError::Map)?;
        Ok(mapping)
    }

    /// Bytes that may be written.
    pub(crate) fn mapped(&self) -> usize {
        self.mapped
    }

    /// Bytes that only this process's memory holds.
    pub(crate) fn volatile(&self) -> usize {
        self.mapped - self.backed
    }

    /// Makes at least `bytes` writable. False where the bound or the memory is exhausted.
    pub(crate) fn grow_to(&mut self, bytes: usize) -> bool {
        let step = self.mapped.clamp(GROWTH_BYTES, GROWTH_BYTES_MAX);
        let target = round_up(bytes.max(self.mapped + step)).min(self.reserved);
        if target < bytes {
            return false;
        }
        let on_disk = self.volatile() == 0 && self.grow_file(target).is_ok();
        on_disk || self.grow_anonymous(target).is_ok()
    }

    fn grow_file(&mut self, target: usize) -> io::Result<()> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed())
            .open(&self.path)?;
        if file.metadata()?.ino() != self.inode {
            return Err(io::ErrorKind::NotFound.into());
        }
        reserve_space(&file, self.mapped, target - self.mapped)?;
        self.map_file(&file, self.mapped, target - self.mapped)
    }

    fn map_file(&mut self, file: &File, offset: usize, bytes: usize) -> io::Result<()> {
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        let flags = MapFlags::SHARED | MapFlags::FIXED;
        // SAFETY: the range lies inside our own reservation (invariant 1) and replaces either
        // inaccessible pages or, after a fork, pages holding the same records; see `rebase`.
        unsafe {
            let at = self.base.add(offset);
            mmap(at.cast(), bytes, protection, flags, file, offset as u64)?;
        }
        self.mapped = self.mapped.max(offset + bytes);
        self.backed = self.backed.max(offset + bytes);
        Ok(())
    }

    fn grow_anonymous(&mut self, target: usize) -> io::Result<()> {
        map_anonymous(self.base, self.mapped, target - self.mapped)?;
        self.mapped = target;
        Ok(())
    }

    /// Replaces the file under the mapping by a new one that starts with `kept`, which readers may
    /// find at once. Where that fails the bytes go on living in anonymous memory.
    pub(crate) fn rebase(&mut self, path: &Path, kept: &[u8]) -> Result<(), MappingError> {
        match self.rebase_on_file(path, kept) {
            Ok(()) => Ok(()),
            Err(error) => {
                let _ = std::fs::remove_file(path);
                self.backed = 0;
                map_anonymous(self.base, 0, self.mapped).map_err(MappingError::Map)?;
                let kept = &kept[..kept.len().min(self.mapped)];
                // SAFETY: `kept` is no longer than `mapped`, all of which was just mapped writable.
                unsafe { std::ptr::copy_nonoverlapping(kept.as_ptr(), self.base, kept.len()) };
                Err(error)
            }
        }
    }

    fn rebase_on_file(&mut self, path: &Path, kept: &[u8]) -> Result<(), MappingError> {
        let mut file = create_file(path)?;
        self.inode = file.metadata().map_err(|source| create_error(path, source))?.ino();
        let bytes = self.mapped;
        let reserve = |source| MappingError::Reserve { path: path.to_owned(), bytes, source };
        reserve_space(&file, 0, bytes).map_err(reserve)?;
        file.write_all(kept).map_err(reserve)?;
        path.clone_into(&mut self.path);
        self.map_file(&file, 0, bytes).map_err(MappingError::Map)
    }

    /// Lets go of the file: the mapping goes on as anonymous memory that holds the first `kept` bytes,
    /// and nothing else. What still writes into it writes to nobody.
    pub(crate) fn release(&mut self, kept: usize) -> Result<(), MappingError> {
        let kept = self.copy(kept);
        map_anonymous(self.base, 0, self.mapped).map_err(MappingError::Map)?;
        self.backed = 0;
        // SAFETY: `copy` gave no more than `mapped` bytes, all of which were just mapped writable.
        unsafe { std::ptr::copy_nonoverlapping(kept.as_ptr(), self.base, kept.len()) };
        Ok(())
    }

    /// A copy of the first `bytes` bytes.
    pub(crate) fn copy(&self, bytes: usize) -> Vec<u8> {
        let bytes = bytes.min(self.mapped);
        // SAFETY: `base..base + mapped` is readable (invariant 2). Another process may be adding to
        // counters in it (the parent, right after a fork): those bytes are zeroed by the caller.
        unsafe { std::slice::from_raw_parts(self.base, bytes) }.to_vec()
    }

    /// Writes a record of `bytes` bytes past the published ones: `head`, `body`, zeros.
    pub(crate) fn write_unpublished(
        &mut self,
        offset: usize,
        bytes: usize,
        head: [u8; 8],
        body: &[u8],
    ) -> Option<()> {
        let record = self.unpublished(offset, bytes)?;
        record.get_mut(..8)?.copy_from_slice(&head);
        record.get_mut(8..8 + body.len())?.copy_from_slice(body);
        record.get_mut(8 + body.len()..)?.fill(0);
        Some(())
    }

    fn unpublished(&mut self, offset: usize, bytes: usize) -> Option<&mut [u8]> {
        let fits = offset.checked_add(bytes)? <= self.mapped;
        // SAFETY: in bounds and writable (invariant 2). References to atomics are only handed out
        // for published records, which lie below `offset`; `&mut self` makes this the only slice.
        fits.then(|| unsafe { std::slice::from_raw_parts_mut(self.base.add(offset), bytes) })
    }

    /// The word at an offset that is a multiple of 8.
    pub(crate) fn word(&self, offset: usize) -> Option<&'static AtomicU64> {
        let fits = offset.is_multiple_of(8) && offset + 8 <= self.mapped;
        // SAFETY: in bounds and aligned (checked; `base` is page aligned), mapped for the life of
        // the process (invariants 1, 2), and only ever accessed as an atomic once published.
        fits.then(|| unsafe { &*self.base.add(offset).cast::<AtomicU64>() })
    }

    /// The slots of the FUNCTION record at `offset`.
    pub(crate) fn function_slots(&self, offset: usize) -> Option<&'static FunctionSlots> {
        let at = offset + FUNCTION_SLOTS;
        let fits = at.is_multiple_of(8) && at + size_of::<FunctionSlots>() <= self.mapped;
        // SAFETY: as in `word`; `FunctionSlots` is `repr(C)` and made of atomics only.
        fits.then(|| unsafe { &*self.base.add(at).cast::<FunctionSlots>() })
    }

    /// The counts of the HISTOGRAM record at `offset`.
    pub(crate) fn histogram_block(&self, offset: usize) -> Option<&'static HistogramBlock> {
        let at = offset + HISTOGRAM_COUNTS;
        let fits = at.is_multiple_of(4) && at + 4 * BLOCK_BUCKETS <= self.mapped;
        // SAFETY: as in `word`; `HistogramBlock` is transparent over atomics.
        fits.then(|| unsafe { &*self.base.add(at).cast::<HistogramBlock>() })
    }

    /// The slots of the NODE record at `offset`.
    pub(crate) fn node_slots(&self, offset: usize) -> Option<&'static NodeSlots> {
        let at = offset + NODE_SLOTS;
        let fits = at.is_multiple_of(8) && at + size_of::<NodeSlots>() <= self.mapped;
        // SAFETY: as in `word`; `NodeSlots` is `repr(C)` and made of atomics only.
        fits.then(|| unsafe { &*self.base.add(at).cast::<NodeSlots>() })
    }

    /// Publishes `value` at `offset` after everything written before it.
    pub(crate) fn publish(&self, offset: usize, value: u64) {
        if let Some(word) = self.word(offset) {
            word.store(value, Ordering::Release);
        }
    }
}

fn create_error(path: &Path, source: io::Error) -> MappingError {
    MappingError::Create { path: path.to_owned(), source }
}

fn create_file(path: &Path) -> Result<File, MappingError> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(|source| create_error(path, source))
}

/// Sets `bytes` of disk aside. Past the file size limit the kernel would send a signal: asked first.
fn reserve_space(file: &File, offset: usize, bytes: usize) -> io::Result<()> {
    let end = (offset + bytes) as u64;
    if getrlimit(Resource::Fsize).current.is_some_and(|limit| end > limit) {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    match rustix::fs::fallocate(file, FallocateFlags::empty(), offset as u64, bytes as u64) {
        Ok(()) => Ok(()),
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => write_zeros(file, offset, bytes),
        Err(error) => Err(error.into()),
    }
}

/// Reserves by writing, for file systems without `fallocate`.
fn write_zeros(file: &File, offset: usize, bytes: usize) -> io::Result<()> {
    use std::os::unix::fs::FileExt;
    const ZEROS: [u8; 4096] = [0; 4096];
    let end = offset + bytes;
    for at in (offset..end).step_by(ZEROS.len()) {
        file.write_all_at(&ZEROS[..ZEROS.len().min(end - at)], at as u64)?;
    }
    Ok(())
}

fn reserve_addresses(bytes_min: usize, wanted: usize) -> io::Result<(*mut u8, usize)> {
    let limit =
        getrlimit(Resource::As).current.map_or(u64::MAX, |limit| limit / ADDRESS_SPACE_SHARE);
    let least = if wanted == 0 { bytes_min } else { RESERVED_BYTES_MIN.max(round_up(bytes_min)) };
    let mut bytes = wanted.min(limit.try_into().unwrap_or(usize::MAX));
    loop {
        bytes = bytes.max(least).next_multiple_of(PAGE_BYTES);
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        // SAFETY: a new mapping at an address of the kernel's choice touches nothing existing.
        let mapped =
            unsafe { mmap_anonymous(std::ptr::null_mut(), bytes, ProtFlags::empty(), flags) };
        match mapped {
            Ok(base) => return Ok((base.cast(), bytes)),
            Err(error) if bytes <= least => return Err(error.into()),
            Err(_) => bytes /= 4,
        }
    }
}

fn map_anonymous(base: *mut u8, offset: usize, bytes: usize) -> io::Result<()> {
    let protection = ProtFlags::READ | ProtFlags::WRITE;
    let flags = MapFlags::PRIVATE | MapFlags::FIXED;
    // SAFETY: callers pass their own reservation as `base` and stay inside it (invariant 1).
    unsafe {
        mmap_anonymous(base.add(offset).cast(), bytes, protection, flags)?;
    }
    Ok(())
}

fn round_up(bytes: usize) -> usize {
    bytes.next_multiple_of(GROWTH_BYTES)
}
