import Storage

/// What a policy learns before somebody chooses another password: whether there is one, and how
/// often wrong ones were typed where they are.
enum PasswordFacts {
    /// The facts are `has_password` and `lane`, as for `session:create`.
    static let loader = Loader(
        "account",
        { request in
            guard let account = request.credential?.principal else { return [] }
            let everybody = [
                AccountAddresses.password(of: account),
                SignInLane(of: account, device: nil).count(now: request.time),
            ]
            guard let device = SignInDevice.shown(request) else { return everybody }
            return everybody + [
                KnownDevice.finding(device, of: account, now: request.time),
                SignInLane(of: account, device: device).count(now: request.time),
            ]
        },
        read: { (rows, request) throws(StorageFailure) in
            guard let first = rows.first else { return ResourceFacts(exists: true) }
            let isKnown = isKnown(rows)
            let failures = try rows[isKnown ? 3 : 1].first?.integer("failures") ?? 0
            return ResourceFacts(
                exists: true,
                attributes: [
                    "has_password": .boolean(try AddressOwner(first)?.hash != nil),
                    "lane": [
                        "known_device": .boolean(isKnown), "failures": .integer(failures),
                    ],
                ], rows: rows)
        })

    /// Where a wrong one is counted.
    static func lane(_ call: OperationCall) -> SignInLane {
        let device = isKnown(call.resource.rows) ? SignInDevice.shown(call.request) : nil
        return SignInLane(of: call.subject.id ?? "", device: device)
    }

    private static func isKnown(_ rows: [[Row]]) -> Bool { rows.count > 3 && !rows[2].isEmpty }
}
