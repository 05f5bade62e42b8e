import CEdit
import Glibc

/// Lines that somebody types, or that come through a pipe.
///
/// On a terminal libedit edits them, with a history and completion; where it is not installed, or
/// the input is no terminal, they are read as they come, without prompts in the latter case.
struct LineReader {
    let isTerminal: Bool
    private let isEdited: Bool
    private let history: String?
    private var waiting: [UInt8] = []

    static let historyLinesMax: Int32 = 1_000
    /// What one line may hold; what is longer is cut there.
    static let lineBytesMax = 16 << 20

    /// - Parameter history: The file of earlier lines, read now and written after each line; what
    ///   is there and no file is left alone.
    init(history: String?) {
        isTerminal = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1
        isEdited = isTerminal && cedit_is_there()
        self.history = history.flatMap { Self.isDevice($0) ? nil : $0 }
        guard isEdited else { return }
        if let history = self.history { unsafe cedit_read_history(history) }
    }

    /// libedit closes its file to everybody else, which would take /dev/null from the machine.
    private static func isDevice(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
    }

    enum Line {
        case text(String)
        /// Ctrl+c: what was typed does not count.
        case interrupted
        case end
    }

    /// - Parameter words: What the tab key completes to.
    mutating func line(prompt: String, completing words: [String]) -> Line {
        guard isEdited else {
            if isTerminal {
                Standard.output(Array(prompt.utf8))
                if waiting.isEmpty && !cedit_wait() { return .interrupted }
            }
            return plainLine().map(Line.text) ?? .end
        }
        let text = words.map { $0 + "\0" }.joined()
        unsafe cedit_complete(text, text.utf8.count)
        var wasInterrupted = false
        guard let typed = unsafe cedit_line(prompt, &wasInterrupted) else {
            return wasInterrupted ? .interrupted : .end
        }
        defer { unsafe free(typed) }
        let line = unsafe String(cString: typed)
        if line.contains(where: { $0 != " " }) { remember(line) }
        return .text(line)
    }

    private func remember(_ line: String) {
        // Queries may hold secrets.
        let mask = umask(0o077)
        defer { _ = umask(mask) }
        guard let history else {
            return unsafe cedit_remember(line, nil, Self.historyLinesMax)
        }
        unsafe cedit_remember(line, history, Self.historyLinesMax)
    }

    private mutating func plainLine() -> String? {
        while true {
            if let end = waiting.firstIndex(of: 0x0A) {
                let line = waiting[..<end]
                waiting.removeFirst(end + 1)
                return String(decoding: line, as: UTF8.self)
            }
            guard waiting.count < Self.lineBytesMax, let more = Self.read() else {
                guard !waiting.isEmpty else { return nil }
                defer { waiting = [] }
                return String(decoding: waiting, as: UTF8.self)
            }
            waiting += more
        }
    }

    private static func read() -> [UInt8]? {
        var got = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 64 << 10) { into, count in
            repeat {
                unsafe got = Glibc.read(STDIN_FILENO, into.baseAddress, 64 << 10)
            } while got < 0 && errno == EINTR
            count = max(got, 0)
        }
        return got > 0 ? bytes : nil
    }
}
