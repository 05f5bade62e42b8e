import Glibc
import Identity
import Rego

/// Options of `serve` that stand in a file or in the environment instead of the command line. What
/// the command line says counts most, then the environment, then the file.
enum ServeConfiguration {
    /// Options with a value, of which some may come several times, and flags without one.
    private enum Kind { case value, list, flag }

    private static let options: [(name: String, kind: Kind)] = [
        ("addr", .list), ("public-addr", .list), ("data-dir", .value), ("database", .value),
        ("database-system", .value), ("database-owner", .value), ("issuer", .value),
        ("base-domain", .value), ("dns-server", .value), ("policies", .value),
        ("trusted-proxy", .list),
        ("allowed-origin", .list), ("breached-passwords", .value), ("context-word", .list),
        ("password-memory", .value), ("password-passes", .value), ("signing-algorithm", .value),
        ("session-idle", .value), ("session-lifetime", .value), ("sessions-max", .value),
        ("refresh-grace", .value),
        ("redis", .value), ("no-call-limits", .flag), ("smtp", .value), ("smtp-starttls", .flag),
        ("smtp-user", .value), ("smtp-password-file", .value), ("mail-from", .value),
        ("product-name", .value),
        ("decisions-kept", .value), ("audit-kept", .value), ("production", .flag),
        ("decisions-only", .flag),
        ("watch", .flag), ("log-level", .value), ("log-format", .value),
        ("shutdown-grace-period", .value),
    ]

    /// The names, for the help.
    static var names: [String] { options.map(\.name) }

    /// The arguments with what stands elsewhere behind them.
    /// - Parameter arguments: Of the command, without its name.
    static func expanded(_ arguments: [String]) throws(Problems) -> [String] {
        let path = value(of: "config", in: arguments) ?? environment("config")
        let file = try path.map { (path) throws(Problems) in try members(path) } ?? [:]
        var added: [String] = []
        for (name, kind) in options where !isGiven(name, in: arguments) {
            if let text = environment(name) {
                // A list in one variable has commas.
                let texts = kind == .list ? text.split(separator: ",").map(String.init) : [text]
                added += try self.arguments(name, kind, texts)
            } else if let texts = file[name] {
                added += try self.arguments(name, kind, texts)
            }
        }
        return arguments + added
    }

    private static func arguments(
        _ name: String, _ kind: Kind, _ texts: [String]
    ) throws(Problems) -> [String] {
        guard kind == .list || texts.count == 1 else {
            throw Problems(clause: "configuration: `\(name)` has one value")
        }
        guard kind == .flag else { return texts.flatMap { ["--\(name)", $0] } }
        switch texts[0] {
        case "true", "1": return ["--\(name)"]
        case "false", "0": return []
        default: throw Problems(clause: "configuration: `\(name)` is true or false")
        }
    }

    /// The file's members: names with `_` or `-`, values as text.
    private static func members(_ path: String) throws(Problems) -> [String: [String]] {
        let bytes = try Standard.read(path)
        let json: [UInt8]
        do throws(YAMLError) {
            json = try YAML.json(bytes)
        } catch {
            throw Problems(clause: "\(path): \(error)")
        }
        guard let value = try? JSON(reading: json), case .object(let members) = value else {
            throw Problems(clause: "\(path): no names and values")
        }
        var found: [String: [String]] = [:]
        for member in members {
            let name = member.name.replacing("_", with: "-")
            guard names.contains(name) else {
                throw Problems(clause: "\(path): `\(member.name)` is no option of serve")
            }
            guard let texts = texts(member.value) else {
                throw Problems(clause: "\(path): `\(member.name)` is no text or list of them")
            }
            found[name] = texts
        }
        return found
    }

    private static func texts(_ value: JSON) -> [String]? {
        switch value {
        case .text(let text): [text]
        case .integer(let number): [String(number)]
        case .boolean(let isTrue): [String(isTrue)]
        case .array(let elements):
            elements.allSatisfy { $0.text != nil } ? elements.compactMap(\.text) : nil
        default: nil
        }
    }

    private static func environment(_ name: String) -> String? {
        let variable = "OSTIARY_" + name.uppercased().replacing("-", with: "_")
        return InstallationFlags.environment(variable)
    }

    private static func isGiven(_ name: String, in arguments: [String]) -> Bool {
        let short = ["addr": "-a", "watch": "-w", "log-level": "-l"][name]
        return arguments.contains {
            $0 == "--\(name)" || $0.hasPrefix("--\(name)=") || $0 == short
        }
    }

    private static func value(of name: String, in arguments: [String]) -> String? {
        for (index, argument) in arguments.enumerated() {
            if argument.hasPrefix("--\(name)=") {
                return String(argument.dropFirst(name.count + 3))
            }
            if argument == "--\(name)", index + 1 < arguments.count { return arguments[index + 1] }
        }
        return nil
    }
}
