import Foundation
import Glibc

/// Bytes to a server and bytes back, over a socket of its own for each exchange.
package struct Client: Sendable {
    package let port: UInt16

    package init(port: UInt16) { self.port = port }

    /// Sends everything, then reads until the server closes; half a minute of silence fails.
    /// A server may answer and close before it has read all: that is no failure.
    package func exchange(_ request: [UInt8]) async throws -> [UInt8] {
        // A thread that waits must be none of those that the server's tasks run on.
        try await withCheckedThrowingContinuation { waiting in
            Thread.detachNewThread { waiting.resume(with: Result { try wait(request) }) }
        }
    }

    private func wait(_ request: [UInt8]) throws -> [UInt8] {
        let connection = try connectedSocket(port: port)
        defer { close(connection) }
        var sent = 0
        while sent < request.count {
            let count = unsafe request[sent...].withUnsafeBytes {
                unsafe send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { break }
            sent += count
        }
        var answer: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = unsafe part.withUnsafeMutableBytes {
                unsafe recv(connection, $0.baseAddress, $0.count, 0)
            }
            if count == 0 { return answer }
            guard count > 0 else {
                if answer.isEmpty { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
                return answer
            }
            answer += part[..<count]
        }
    }

    /// One request of the API.
    package func ask(
        _ method: String, _ target: String, _ body: String? = nil, fields: [String] = []
    ) async throws -> HTTPReply {
        var lines = ["\(method) \(target) HTTP/1.1", "Connection: close"]
        if !fields.contains(where: { $0.lowercased().hasPrefix("host:") }) {
            lines.append("Host: localhost")
        }
        lines += fields
        if let body { lines.append("Content-Length: \(body.utf8.count)") }
        let text = lines.joined(separator: "\r\n") + "\r\n\r\n" + (body ?? "")
        return HTTPReply(String(decoding: try await exchange(Array(text.utf8)), as: UTF8.self))
    }
}

/// An answer, taken apart.
package struct HTTPReply: Sendable {
    package let status: Int
    package let head: String
    package let body: String

    package init(_ text: String) {
        let parts = text.components(separatedBy: "\r\n\r\n")
        head = parts[0]
        body = parts.dropFirst().joined(separator: "\r\n\r\n")
        status = Int(head.split(separator: " ").dropFirst().first ?? "") ?? 0
    }

    package var json: [String: Any] {
        get throws {
            let value = try JSONSerialization.jsonObject(with: Data(body.utf8))
            return value as? [String: Any] ?? [:]
        }
    }

    /// The value of a field; `nil` where there is none.
    package func field(_ name: String) -> String? {
        for line in head.components(separatedBy: "\r\n").dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2, parts[0].lowercased() == name.lowercased() {
                return parts[1].trimmingCharacters(in: .whitespaces)
            }
        }
        return nil
    }

    /// The `code` and `message` of OPA's errors.
    package var refusal: String {
        get throws {
            let json = try json
            return "\(json["code"] ?? "none"): \(json["message"] ?? "none")"
        }
    }
}
