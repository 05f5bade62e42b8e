import CEdit
import Glibc
import RegoMachine
import Synchronization

/// What ctrl+c does in the shell: it ends the evaluation under way. The line at a prompt is
/// `LineReader`'s to end; the shell itself goes on either way.
final class Interruption: Sendable {
    private let running = Mutex<Cancellation?>(nil)

    /// Begins to wait for interrupts, on a thread of its own that lives as long as the process.
    func watch() {
        let descriptor = cedit_interrupts()
        guard descriptor >= 0 else { return }
        _ = LargeStack<Void>.start { [self] in
            var byte: UInt8 = 0
            while true {
                let got = unsafe read(descriptor, &byte, 1)
                if got < 0 && errno == EINTR { continue }
                guard got == 1 else { return }
                running.withLock { $0?.request() }
            }
        }
    }

    /// Runs what `cancellation` ends.
    func during<R, E: Error>(
        _ cancellation: Cancellation, _ body: () throws(E) -> R
    ) throws(E) -> R {
        running.withLock { $0 = cancellation }
        cedit_set_evaluating(true)
        defer {
            cedit_set_evaluating(false)
            running.withLock { $0 = nil }
        }
        return try body()
    }
}
