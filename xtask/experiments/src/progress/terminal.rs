//! The terminal under a dashboard, and the way back.

use std::io::{self, stdout};
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::cursor::Show;
use crossterm::event::DisableMouseCapture;
use crossterm::execute;
use crossterm::terminal::{LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};

/// Whether a dashboard has the terminal.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Makes the terminal ready for a dashboard, which finds it in raw mode and leaves that as it is: Ctrl-C stays a signal in
/// ours, where others make it a key.
pub fn take() -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::Relaxed);
    keep_interrupts().inspect_err(|_| restore())
}

/// Says that the dashboard has put the terminal back itself.
pub fn give_back() {
    TAKEN.store(false, Ordering::Relaxed);
}

/// Says that the dashboard's hook for panics has put the terminal back, which leaves the cursor hidden.
pub fn give_back_after_panic() {
    give_back();
    execute!(stdout(), Show).ok();
}

/// Puts the terminal back to what it was, if a dashboard has it: for whatever ends the program without ending the dashboard.
pub fn restore() {
    if TAKEN.swap(false, Ordering::Relaxed) {
        // A terminal that has gone away needs nothing.
        disable_raw_mode().ok();
        execute!(stdout(), DisableMouseCapture, LeaveAlternateScreen, Show).ok();
    }
}

/// Ctrl-C sends SIGINT. The other keys that would send a signal (Ctrl-Z and Ctrl-\) stay keys: their signals would leave the
/// dashboard on the shell's screen.
#[cfg(unix)]
fn keep_interrupts() -> io::Result<()> {
    use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, tcgetattr, tcsetattr};

    let mut modes = tcgetattr(stdout())?;
    modes.local_modes |= LocalModes::ISIG;
    modes.special_codes[SpecialCodeIndex::VSUSP] = NO_KEY;
    modes.special_codes[SpecialCodeIndex::VQUIT] = NO_KEY;
    Ok(tcsetattr(stdout(), OptionalActions::Now, &modes)?)
}

/// What POSIX calls `_POSIX_VDISABLE`.
#[cfg(target_os = "linux")]
const NO_KEY: u8 = 0;
#[cfg(all(unix, not(target_os = "linux")))]
const NO_KEY: u8 = 0xff;

/// A console without POSIX signals has the dashboard's own key to end a run.
#[cfg(not(unix))]
fn keep_interrupts() -> io::Result<()> {
    Ok(())
}
