import Cryptography
import RegoMachine

/// What is signed.
struct SignedRequest {
    let method: String
    let url: URLParts
    let headers: [(name: String, value: String)]
    let body: [UInt8]
}

/// One signature of version 4.
/// - Source: AWS documentation, "Signature Version 4", "Create a signed request".
struct RequestSignature {
    let request: SignedRequest
    let credentials: Credentials
    let time: Timestamp
    /// Whether the signature covers the body's digest.
    let signsBody: Bool

    /// Headers that proxies may change.
    private static let ignored: Set<String> = ["authorization", "user-agent", "x-amzn-trace-id"]

    private var contentHash: String {
        signsBody ? RequestSignature.hex(request.body) : "UNSIGNED-PAYLOAD"
    }

    /// The headers that the signature adds.
    var ownHeaders: [(name: String, value: String)] {
        var headers = [("host", request.url.host), ("x-amz-date", time.text)]
        if credentials.service == "s3" || credentials.service == "glacier" {
            headers.append(("x-amz-content-sha256", contentHash))
        }
        if !credentials.sessionToken.isEmpty {
            headers.append(("x-amz-security-token", credentials.sessionToken))
        }
        return headers
    }

    /// The value of the header `Authorization`.
    func authorization() throws(BuiltinError) -> String {
        var signed: [String: String] = [:]
        for (name, value) in ownHeaders { signed[name] = value }
        for (name, value) in request.headers {
            let lower = name.lowercased()
            if !RequestSignature.ignored.contains(lower) { signed[lower] = value }
        }
        let names = signed.keys.sorted()
        let list = names.joined(separator: ";")
        var canonical = "\(request.method)\n\(escapedPath)\n\(request.url.query)\n"
        for name in names { canonical += "\(name):\(signed[name] ?? "")\n" }
        canonical += "\n\(list)\n\(contentHash)"
        let scope = "\(time.date)/\(credentials.region)/\(credentials.service)/aws4_request"
        let message =
            "AWS4-HMAC-SHA256\n\(time.text)\n\(scope)\n"
            + RequestSignature.hex(Array(canonical.utf8))
        let signature = try RequestSignature.code(message, key: signingKey())
        return "AWS4-HMAC-SHA256 Credential=\(credentials.accessKey)/\(scope),"
            + "SignedHeaders=\(list),Signature=\(RequestSignature.text(signature))"
    }

    private func signingKey() throws(BuiltinError) -> [UInt8] {
        var key = Array(("AWS4" + credentials.secretKey).utf8)
        for part in [time.date, credentials.region, credentials.service, "aws4_request"] {
            key = try RequestSignature.code(part, key: key)
        }
        return key
    }

    /// The path with every byte escaped that a path may not hold; escapes stay.
    private var escapedPath: String {
        let kept = Set("!$&'()*+,-./:;=@_~%[]".utf8)
        var text = ""
        for byte in request.url.path.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            case _ where kept.contains(byte): text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                text += "%"
                text.unicodeScalars.append(Unicode.Scalar(Hex.upper(byte >> 4)))
                text.unicodeScalars.append(Unicode.Scalar(Hex.upper(byte & 15)))
            }
        }
        return text
    }

    private static func code(_ message: String, key: [UInt8]) throws(BuiltinError) -> [UInt8] {
        let bytes = Array(message.utf8)
        do {
            let authenticator = try Authenticator(key: key.span, .sha256)
            return authenticator.code(bytes.span)
        } catch {
            throw .failed(error.text)
        }
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        text(DigestAlgorithm.sha256.digest(bytes.span))
    }

    private static func text(_ bytes: [UInt8]) -> String {
        String(
            decoding: bytes.flatMap { [Hex.lower($0 >> 4), Hex.lower($0 & 15)] }, as: UTF8.self)
    }
}
