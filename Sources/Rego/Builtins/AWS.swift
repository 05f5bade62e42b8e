import Cryptography
package import RegoMachine

extension Builtin {
    package static let aws: [Builtin] = [
        Builtin(
            "providers.aws.sign_req",
            [.object(.string, .any), .object(.string, .any), .number], .object(.any, .any),
            run: AWS.signRequest)
    ]
}

/// Requests as `http.send` takes them, signed for Amazon's services.
/// - Source: AWS documentation, "Signature Version 4"; OPA, `providers.aws.sign_req`.
enum AWS {
    static func signRequest(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let request = operands[0]
        let configuration = operands[1]
        try requireConfiguration(configuration, context)
        guard let time = operands[2].integer else {
            throw .operandContent(
                position: 3, message: "could not convert time_ns value into a unix timestamp")
        }
        try requireRequest(request, context)
        let disables = configuration.member("disable_payload_signing")
        guard disables.isUndefined || disables.kind == .boolean else {
            throw .operandContent(
                position: 2, message: "invalid value for 'disable_payload_signing' in AWS config")
        }
        let body = try body(of: request, context)
        try context.charge(1_000 + body.count / 64)
        let signature = RequestSignature(
            request: SignedRequest(
                method: request.member("method").string ?? "",
                url: URLParts(request.member("url").string ?? ""), headers: headers(request),
                body: body),
            credentials: Credentials(configuration), time: Timestamp(nanoseconds: time),
            signsBody: !disables.isTrue)
        return try signed(request, signature, context)
    }

    /// The same request with the original headers, the signature's, and the authorization.
    private static func signed(
        _ request: Value, _ signature: RequestSignature, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let headers = try Value.object(in: context.arena)
        let all =
            signature.request.headers + [("Authorization", try signature.authorization())]
            + signature.ownHeaders
        for (name, value) in all {
            try headers.insert(
                .string(name, in: context.arena), .string(value, in: context.arena),
                in: context.arena)
        }
        let result = try Value.object(in: context.arena)
        for (key, value) in request.entries {
            try result.insert(key, value, in: context.arena)
        }
        try result.insert(.string("headers", in: context.arena), headers, in: context.arena)
        return result
    }

    private static func headers(_ request: Value) -> [(name: String, value: String)] {
        let headers = request.member("headers")
        guard headers.kind == .object else { return [] }
        return headers.entries.map { ($0.key.string ?? "", $0.value.string ?? "") }
    }

    private static func body(
        of request: Value, _ context: BuiltinContext
    ) throws(BuiltinError) -> [UInt8] {
        let raw = request.member("raw_body")
        if !raw.isUndefined { return raw.kind == .string ? Array(raw.bytes) : [] }
        let body = request.member("body")
        if body.isUndefined { return [] }
        var text = try TextBuilder(in: context.arena)
        try JSONWriter.write(body, to: &text, style: .init(escapesHTML: true))
        return Array(text.bytes)
    }
}

extension AWS {
    private static let configurationKeys = [
        "aws_access_key", "aws_region", "aws_secret_access_key", "aws_service",
    ]

    private static func requireConfiguration(
        _ configuration: Value, _ context: BuiltinContext
    ) throws(BuiltinError) {
        let (missing, invalid) = lacking(configurationKeys, configuration)
        try refuse(2, "missing required AWS config parameters(s)", missing)
        try refuse(2, "invalid values for required AWS config parameters(s)", invalid)
    }

    private static func requireRequest(
        _ request: Value, _ context: BuiltinContext
    ) throws(BuiltinError) {
        let unknown = request.entries.compactMap { entry -> String? in
            let name = entry.key.string ?? entry.key.typeName
            return RequestOptions.names.contains(name) ? nil : name
        }
        try refuse(1, "invalid request parameters(s)", unknown)
        let (missing, invalid) = lacking(["method", "url"], request)
        try refuse(1, "missing required request parameters(s)", missing)
        let headers = request.member("headers")
        guard headers.isUndefined || headers.kind == .object else {
            throw .operand(position: 1, expected: ["object"], got: headers.typeName)
        }
        try refuse(1, "invalid values for required request parameters(s)", invalid)
    }

    /// Which of the keys an object has not, and which it has with a value that is no string.
    private static func lacking(
        _ keys: [String], _ object: Value
    ) -> (missing: [String], invalid: [String]) {
        var missing: [String] = []
        var invalid: [String] = []
        for key in keys {
            let entry = object.entries.first { $0.key.string == key }
            if entry == nil { missing.append(key) }
            if let entry, entry.value.kind != .string { invalid.append(key) }
        }
        return (missing, invalid)
    }

    private static func refuse(
        _ position: Int, _ message: String, _ names: [String]
    ) throws(BuiltinError) {
        guard !names.isEmpty else { return }
        let set = names.sorted().map { "\"\($0)\"" }.joined(separator: ", ")
        throw .operandContent(position: position, message: "\(message): {\(set)}")
    }
}

/// Whose key signs.
struct Credentials {
    let accessKey, secretKey, region, service: String
    let sessionToken: String

    init(_ configuration: Value) {
        accessKey = configuration.member("aws_access_key").string ?? ""
        secretKey = configuration.member("aws_secret_access_key").string ?? ""
        region = configuration.member("aws_region").string ?? ""
        service = configuration.member("aws_service").string ?? ""
        sessionToken = configuration.member("aws_session_token").string ?? ""
    }
}

/// A second in UTC as signatures write it.
struct Timestamp {
    /// `20060102`.
    let date: String
    /// `20060102T150405Z`.
    let text: String

    init(nanoseconds: Int64) {
        let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        let floor = rest < 0 ? seconds - 1 : seconds
        let second = (floor % 86_400 + 86_400) % 86_400
        func padded(_ number: Int64, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
        }
        // Howard Hinnant's `civil_from_days`, with years that begin in March.
        let days = (floor - second) / 86_400 + 719_468
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let march = (5 * dayOfYear + 2) / 153
        let month = march < 10 ? march + 3 : march - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let day = dayOfYear - (153 * march + 2) / 5 + 1
        date = padded(year, 4) + padded(month, 2) + padded(day, 2)
        text =
            date + "T" + padded(second / 3_600, 2) + padded(second / 60 % 60, 2)
            + padded(second % 60, 2) + "Z"
    }
}
