import Glibc

/// What the process takes of the machine.
struct ProcessFigures {
    /// User and system.
    let cpuNanoseconds: UInt64
    /// `nil` where the system does not tell.
    let residentBytes: Int?

    init() {
        var usage = rusage()
        // RUSAGE_SELF, which Glibc imports under another type.
        _ = unsafe getrusage(__rusage_who_t(0), &usage)
        cpuNanoseconds = [usage.ru_utime, usage.ru_stime].reduce(0) {
            $0 + UInt64($1.tv_sec) * 1_000_000_000 + UInt64($1.tv_usec) * 1_000
        }
        residentBytes = ProcessFigures.residentPages.map { $0 * Int(sysconf(Int32(_SC_PAGESIZE))) }
    }

    /// The second number of `/proc/self/statm` (proc(5)).
    private static var residentPages: Int? {
        guard let file = unsafe fopen("/proc/self/statm", "re") else { return nil }
        defer { unsafe fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        guard unsafe fgets(&line, Int32(line.count), file) != nil else { return nil }
        let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
        let words = text.split(separator: " ")
        return words.count > 1 ? Int(words[1]) : nil
    }
}
