//! Memory that the members of a team write to, each its own part.

/// A pointer that may be sent to other threads; whoever dereferences it says why no two of them meet.
#[derive(Clone, Copy)]
pub(super) struct Shared(*mut f32);

// SAFETY: it is only an address; every access is unsafe and gives its own reason.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

impl Shared {
    pub(super) fn new(numbers: &mut [f32]) -> Self {
        Self(numbers.as_mut_ptr())
    }

    /// The address of number `at`.
    #[inline(always)]
    pub(super) fn at(self, at: usize) -> *mut f32 {
        self.0.wrapping_add(at)
    }
}
