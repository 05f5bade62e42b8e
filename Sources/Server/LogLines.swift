import Glibc
public import Logging
import RegoMachine

/// Log lines on standard error, in the formats of `opa run`.
public struct LogLines: LogHandler {
    public enum Format: String, Sendable, CaseIterable {
        case text, json
        case prettyJSON = "json-pretty"
    }

    public var logLevel: Logger.Level
    public var metadata: Logger.Metadata = [:]
    private let format: Format

    public init(level: Logger.Level, format: Format) {
        logLevel = level
        self.format = format
    }

    public static func logger(level: Logger.Level, format: Format) -> Logger {
        Logger(label: "ostiary") { _ in LogLines(level: level, format: format) }
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var fields = metadata
        for (name, value) in event.metadata ?? [:] { fields[name] = value }
        var line = text(event.level, event.message.description, fields.sorted { $0.key < $1.key })
        line.append(UInt8(ascii: "\n"))
        // One write a line, so that lines of several threads do not mix.
        _ = unsafe line.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    private func text(
        _ level: Logger.Level, _ message: String,
        _ fields: [(key: String, value: Logger.Metadata.Value)]
    ) -> [UInt8] {
        var now = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &now)
        let time = Timestamp.text(of: now.tv_sec)
        guard format != .text else {
            let pairs = fields.map { " \($0.key)=\($0.value)" }.joined()
            return Array("\(time) \(level.rawValue) \(message)\(pairs)".utf8)
        }
        var json = JSONText()
        json.object { object in
            object.member("level", text: level.rawValue)
            object.member("msg", text: message)
            for (name, value) in fields { object.member(name, text: "\(value)") }
            object.member("time", text: time)
        }
        return format == .json ? json.bytes : JSONLayout.indented(json.bytes)
    }
}

/// RFC 3339, in UTC, to the second.
enum Timestamp {
    static func text(of second: Int) -> String {
        var time = time_t(second)
        var parts = unsafe tm()
        unsafe gmtime_r(&time, &parts)
        let date = unsafe [parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday].map(
            DateClock.padded)
        let clock = unsafe [parts.tm_hour, parts.tm_min, parts.tm_sec].map(DateClock.padded)
        return date.joined(separator: "-") + "T" + clock.joined(separator: ":") + "Z"
    }
}
