import Bundles
import Glibc
import Rego
import RegoMachine

/// What `.ostiary.yaml` says of lints: how grave each is, and in which files none is looked for.
///
///     lints:
///       ignore: ["vendor/**"]
///       rules:
///         unused-rule: ignore
///         missing-default:
///           level: error
///           ignore: ["legacy/**", "*_test.rego"]
///
/// Files are named from the folder of the settings on; a pattern without `/` is one for the file's
/// own name. What the file says beyond this is refused: a slip would silence nothing.
struct LintSettings {
    enum Level: String, CaseIterable {
        case ignore, warning, error
    }

    private struct Rule {
        var level = Level.warning
        var ignore: [Glob] = []
        var ignoreByName: [Glob] = []

        func passesBy(_ path: String) -> Bool {
            let name = path.split(separator: "/").last.map(String.init) ?? path
            return ignore.contains { $0.matches(path) }
                || ignoreByName.contains { $0.matches(name) }
        }
    }

    private var all = Rule()
    private var rules: [String: Rule] = [:]
    /// Where the settings stand, which paths are named from; empty where there are none.
    private var folder = ""
    private var workingFolder = ""

    static let fileName = ".ostiary.yaml"
    private static let bytesMax = 1 << 20

    /// No settings: every lint warns, everywhere.
    init() {}

    /// - Parameter path: The file, or `nil` for the one in the working folder or the nearest above.
    init(at path: String?) throws(Problems) {
        workingFolder = Self.currentFolder
        guard let path = path ?? Self.nearest(from: workingFolder) else { return }
        let absolute = Self.absolute(path, in: workingFolder)
        folder = absolute.split(separator: "/").dropLast().map { "/" + $0 }.joined()
        let text = try Standard.read(path)
        guard text.count <= Self.bytesMax else {
            throw Problems(clause: "\(path): more than \(Self.bytesMax) bytes")
        }
        do throws(SettingsMistake) {
            try read(text)
        } catch {
            throw Problems(clause: "\(path): \(error.clause)")
        }
    }

    /// Whether a lint is looked for in a file.
    func looks(for code: String, in file: String) -> Bool {
        guard level(of: code) != .ignore else { return false }
        var path = Self.absolute(file, in: workingFolder)
        if path.hasPrefix(folder + "/") { path = String(path.dropFirst(folder.count + 1)) }
        return !all.passesBy(path) && rules[code]?.passesBy(path) != true
    }

    func level(of code: String) -> Level { rules[code]?.level ?? all.level }

    // MARK: Paths

    private static var currentFolder: String {
        guard let buffer = unsafe getcwd(nil, 0) else { return "/" }
        defer { unsafe free(buffer) }
        return unsafe String(cString: buffer)
    }

    private static func nearest(from folder: String) -> String? {
        var names = folder.split(separator: "/")
        while true {
            let path = names.map { "/" + $0 }.joined() + "/" + fileName
            if unsafe access(path, F_OK) == 0 { return path }
            if names.popLast() == nil { return nil }
        }
    }

    private static func absolute(_ path: String, in folder: String) -> String {
        var names: [Substring] = []
        for name in (path.hasPrefix("/") ? path : folder + "/" + path).split(separator: "/") {
            if name == ".." { _ = names.popLast() } else if name != "." { names.append(name) }
        }
        return names.map { "/" + $0 }.joined()
    }

    // MARK: Reading

    private struct SettingsMistake: Error {
        let clause: String
    }

    private mutating func read(_ text: [UInt8]) throws(SettingsMistake) {
        let arena = Arena.make(bytesMax: 64 << 20)
        defer { arena.destroy() }
        let document: Value
        do {
            let bytes = try Value.string(text, in: arena).bytes
            document = try YAML.value(bytes, in: arena, limits: Limits())
        } catch let failure as YAMLError {
            throw SettingsMistake(clause: failure.message)
        } catch {
            throw SettingsMistake(clause: "too large")
        }
        for (name, value) in try Self.members(document, "the file") {
            guard name == "lints" else { throw Self.unknown(name, ["lints"]) }
            for (name, value) in try Self.members(value, "`lints`") {
                switch name {
                case "ignore": try Self.patterns(value, into: &all)
                case "rules": try read(rules: value)
                default: throw Self.unknown(name, ["ignore", "rules"])
                }
            }
        }
    }

    private mutating func read(rules value: Value) throws(SettingsMistake) {
        for (code, value) in try Self.members(value, "`rules`") {
            guard Lint.named(code) != nil else { throw Self.unknown(code, Lint.all.map(\.code)) }
            var rule = Rule()
            if value.kind == .string {
                rule.level = try Self.level(value)
            } else {
                for (name, value) in try Self.members(value, "`\(code)`") {
                    switch name {
                    case "level": rule.level = try Self.level(value)
                    case "ignore": try Self.patterns(value, into: &rule)
                    default: throw Self.unknown(name, ["level", "ignore"])
                    }
                }
            }
            rules[code] = rule
        }
    }

    private static func members(
        _ value: Value, _ what: String
    ) throws(SettingsMistake) -> [(String, Value)] {
        if value.kind == .null { return [] }
        guard value.kind == .object else {
            throw SettingsMistake(clause: "\(what) must be an object")
        }
        return value.entries.map { ($0.key.string ?? "", $0.value) }
    }

    private static func level(_ value: Value) throws(SettingsMistake) -> Level {
        guard let level = value.string.flatMap(Level.init(rawValue:)) else {
            let names = Level.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
            throw SettingsMistake(clause: "a level is one of \(names)")
        }
        return level
    }

    private static func patterns(
        _ value: Value, into rule: inout Rule
    ) throws(SettingsMistake) {
        guard value.kind == .array else {
            throw SettingsMistake(clause: "`ignore` must be an array of patterns")
        }
        for element in value.elements {
            guard let text = element.string, let glob = Glob(text) else {
                throw SettingsMistake(clause: "`ignore` has what is no pattern")
            }
            if text.contains("/") {
                rule.ignore.append(glob)
            } else {
                rule.ignoreByName.append(glob)
            }
        }
    }

    private static func unknown(_ name: String, _ known: [String]) -> SettingsMistake {
        let names = known.map { "`\($0)`" }.joined(separator: ", ")
        return SettingsMistake(clause: "unknown name `\(name)`: there are \(names)")
    }
}
