import Storage

/// What a subject may know of itself.
struct AccountFlow: Flow {
    static let name = "accounts"

    let operations = [
        Operation(
            .get, "/api/v1/me", "me:read", "Who the credential says you are",
            answer: .json(200, shape), loader: Loader("account"),
            work: .read { call, _ in .json(json(call)) })
    ]

    private static let shape = Shape.object([
        .init("id", .nullable(.text(1...64))),
        .init("kind", .choice(["anonymous", "account", "service", "client"])),
        .init("status", .nullable(.text(1...32))),
        .init("platform_roles", .array(of: .text(1...64), count: 0...64)),
        .init(
            "organization",
            .nullable(
                .object([
                    .init("id", .identifier(.organization)), .init("name", .text(1...100)),
                    .init("roles", .array(of: .text(1...64), count: 0...64)),
                ])), "The one that the request is about."),
        .init(
            "credential",
            .nullable(
                .object([
                    .init("kind", .text(1...32)), .init("id", .text(1...64)),
                    .init("scopes", .array(of: .text(1...100), count: 0...100)),
                ]))),
    ])

    private static func json(_ call: OperationCall) -> JSON {
        let subject = call.subject
        let roles = subject.membership?.roles.map { JSON.text($0.name) } ?? []
        return [
            "id": JSON(subject.id), "kind": .text(subject.kind.rawValue),
            "status": JSON(subject.status),
            "platform_roles": .array(subject.platformRoles.map(JSON.text)),
            "organization": call.tenant.map {
                ["id": .text($0.id), "name": .text($0.name), "roles": .array(roles)]
            } ?? .null,
            "credential": subject.credential.map {
                [
                    "kind": .text($0.kind.rawValue), "id": .text($0.id),
                    "scopes": .array($0.scopes.map(JSON.text)),
                ]
            } ?? .null,
        ]
    }
}
