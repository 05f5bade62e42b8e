/// What somebody has shown of who they are.
public struct Evidence: Sendable, Hashable {
    let method: Method
    /// Whose it shows somebody to be: it counts for no other account.
    let account: String
    /// What it hangs on, where that may come to an end: the version of the password, the key of the
    /// address.
    let basis: String?
    /// Of whom it came from, where that was another party.
    let connection: String?
    /// Microseconds since 1970.
    let at: Int64
    /// Whether what was shown cannot leave the device.
    let isDeviceBound: Bool

    enum Method: String, Sendable, CaseIterable {
        case password
        /// A mail to an address was received: its link, or its code.
        case mail

        /// Its name among authentication methods.
        /// - Source: RFC 8176, section 2.
        var reference: String {
            switch self {
            case .password: "pwd"
            case .mail: "otp"
            }
        }
    }

    init(
        _ method: Method, of account: String, by basis: String? = nil, at: Int64,
        connection: String? = nil, isDeviceBound: Bool = false
    ) {
        self.method = method
        self.account = account
        self.basis = basis
        self.connection = connection
        self.at = at
        self.isDeviceBound = isDeviceBound
    }

    /// As a policy sees it.
    func facts(now: Int64) -> JSON {
        .object(present: [
            ("method", .text(method.rawValue)), ("connection", connection.map(JSON.text)),
            ("age_seconds", .integer(max(0, now - at) / 1_000_000)),
            ("device_bound", .boolean(isDeviceBound)),
        ])
    }

    // MARK: Stored

    var json: JSON {
        [
            "method": .text(method.rawValue), "account": .text(account), "basis": JSON(basis),
            "connection": JSON(connection), "at": .integer(at),
            "device_bound": .boolean(isDeviceBound),
        ]
    }

    init?(_ json: JSON) {
        guard let method = json["method"]?.text.flatMap(Method.init),
            let account = json["account"]?.text, let at = json["at"]?.integer
        else { return nil }
        self.init(
            method, of: account, by: json["basis"]?.text, at: at,
            connection: json["connection"]?.text,
            isDeviceBound: json["device_bound"] == .boolean(true))
    }
}

extension [Evidence] {
    /// The methods, each once.
    var references: [String] {
        Evidence.Method.allCases.filter { method in contains { $0.method == method } }
            .map(\.reference)
    }
}
