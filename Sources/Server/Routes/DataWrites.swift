import Decisions
import HTTPTypes
import Rego
import RegoMachine

/// `PUT`, `PATCH` and `DELETE /v1/data/…`: changes of the base document.
enum DataWrites {
    static func put(_ call: Call, _ turn: Turn) throws(Refusal) -> Answer {
        var timing = Timing(turn.front.host)
        let path = try call.writePath()
        let value = try Documents.parsed(call.body)
        let onlyIfAbsent = call.fields[.ifNoneMatch] == "*"
        do throws(WriteRefusal) {
            try turn.front.live.put(data: value, at: path, onlyIfAbsent: onlyIfAbsent)
        } catch .exists {
            return Answer(status: 304, contentType: nil, body: [])
        } catch {
            throw Refusal(error)
        }
        return done(call, &timing)
    }

    static func patch(_ call: Call, _ turn: Turn) throws(Refusal) -> Answer {
        var timing = Timing(turn.front.host)
        let root = try call.writePath()
        let operations = try Patches.read(try Documents.parsed(call.body), below: root)
        do throws(WriteRefusal) {
            try turn.front.live.patch(data: operations)
        } catch {
            throw Refusal(error)
        }
        return done(call, &timing)
    }

    static func delete(_ call: Call, _ turn: Turn) throws(Refusal) -> Answer {
        var timing = Timing(turn.front.host)
        let path = try call.writePath()
        do throws(WriteRefusal) {
            try turn.front.live.delete(data: path)
        } catch {
            throw Refusal(error)
        }
        return done(call, &timing)
    }

    private static func done(_ call: Call, _ timing: inout Timing) -> Answer {
        call.wantsMetrics ? timing.answer(call) : .noContent
    }
}

extension Refusal {
    /// - Parameter code: That of diagnostics.
    init(_ refusal: WriteRefusal, code: Code = .invalidParameter) {
        switch refusal {
        case .diagnostics(let found):
            self = .diagnostics("error(s) occurred while compiling module(s)", found, code: code)
        case .noPolicy, .noDocument:
            self = Refusal(status: 404, code: .resourceNotFound, message: refusal.message)
        case .notAnObject:
            self = Refusal(status: 404, code: .resourceConflict, message: refusal.message)
        case .conflict, .root, .owned, .exists:
            self = .badRequest(refusal.message)
        }
    }
}

/// The body of `PATCH`: an array of operations.
private enum Patches {
    static func read(_ body: Document, below root: [String]) throws(Refusal) -> [DataPatch] {
        let fields = try body.withRoot { (value) throws(Refusal) -> [(op: String, path: String)] in
            guard value.kind == .array else { throw .badRequest("patch must be an array") }
            var fields: [(op: String, path: String)] = []
            for element in value.elements {
                guard element.kind == .object else {
                    throw .badRequest("patch operation must be an object")
                }
                fields.append((text("op", of: element), text("path", of: element)))
            }
            return fields
        }
        var patches: [DataPatch] = []
        for (position, field) in fields.enumerated() {
            guard let operation = DataPatch.Operation(rawValue: field.op) else {
                throw .badRequest("bad patch operation: \(field.op)")
            }
            guard let path = path(field.path) else {
                throw .badRequest("bad patch path: \(field.path)")
            }
            let value = body.json(at: [String(position), "value"]) ?? Array("null".utf8)
            patches.append(DataPatch(operation, root + path, try Documents.parsed(value)))
        }
        return patches
    }

    private static func text(_ key: String, of object: Value) -> String {
        object.entries.first { $0.key.string == key }?.value.string ?? ""
    }

    /// A JSON pointer that may be percent-encoded, too.
    private static func path(_ text: String) -> [String]? {
        var elements = text.split(separator: "/", omittingEmptySubsequences: false)[...]
        while elements.first?.isEmpty == true { elements.removeFirst() }
        while elements.last?.isEmpty == true { elements.removeLast() }
        var path: [String] = []
        for element in elements {
            guard let decoded = PercentEncoding.decoded(element.utf8) else { return nil }
            path.append(unescaped(decoded))
        }
        return path
    }

    /// `~1` is a slash and `~0` a tilde (RFC 6901 section 4).
    private static func unescaped(_ element: String) -> String {
        var text = ""
        var rest = element[...]
        while let character = rest.popFirst() {
            if character == "~", let next = rest.first, next == "0" || next == "1" {
                text.append(next == "1" ? "/" : "~")
                rest.removeFirst()
            } else {
                text.append(character)
            }
        }
        return text
    }
}

/// Bodies into documents.
enum Documents {
    static func parsed(_ bytes: [UInt8]) throws(Refusal) -> Document {
        do throws(JSONError) {
            return try Document.parse(json: bytes)
        } catch {
            throw .badRequest("\(error.message) at byte \(error.offset)")
        }
    }

    /// A body that its content type calls YAML, as the JSON that it says.
    static func json(fromYAML bytes: [UInt8]) throws(Refusal) -> [UInt8] {
        guard !bytes.isEmpty else { return [] }
        do throws(YAMLError) {
            return try YAML.json(bytes)
        } catch {
            throw .badRequest(error.message)
        }
    }
}
