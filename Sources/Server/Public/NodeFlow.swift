import Cryptography
import Decisions
import Identity
import RegoMachine
import Storage
import Synchronization

/// What the server says of itself: whether it lives, whether it can work, what it offers.
struct NodeFlow: Flow {
    static let name = "node"
    static let area = "service"

    let operations: [Operation]
    /// The description of all operations, these included: published once they are known.
    let description = Published()

    final class Published: Sendable {
        private let documents = Mutex<(json: [UInt8], page: [UInt8])>(([], []))

        func publish(_ operations: [Operation], issuer: Issuer) {
            let json = OpenAPI.document(operations, issuer: issuer).bytes
            let page = OpenAPIPage.html(operations)
            documents.withLock { $0 = (json, page) }
        }

        var json: [UInt8] { documents.withLock { $0.json } }
        var page: [UInt8] { documents.withLock { $0.page } }
    }

    init(_ deployment: Deployment, _ node: Node) {
        let description = description
        operations = [
            Operation(
                .get, "/livez", "service:health", "Whether the process answers",
                answer: .json(200, NodeHealth.shape), loader: Loader("service"),
                work: .read { call, _ in NodeHealth.reply([], node, call) }),
            Operation(
                .get, "/readyz", "service:health", "Whether requests can be served",
                answer: .json(200, NodeHealth.shape), loader: Loader("service"),
                work: .read { call, database in
                    NodeHealth.reply(await NodeHealth.checks(deployment, database), node, call)
                }),
            Operation(
                .get, "/healthz", "service:details", "How each part of the node is",
                answer: .json(200, NodeHealth.details), loader: Loader("service"),
                work: .read { call, database in
                    NodeHealth.details(
                        await NodeHealth.checks(deployment, database), deployment, node, call)
                }),
            Operation(
                .get, "/.well-known/jwks.json", "service:keys",
                "The keys by which tokens are verified",
                answer: .json(200, SigningKeys.shape), loader: Loader("service"),
                work: .read { _, _ in
                    var reply = Reply.json(deployment.signingKeys.jwks)
                    reply.maxAgeSeconds = SigningKeyTable.publishedMaxAgeSeconds
                    return reply
                }),
            Operation(
                .get, "/openapi.json", "service:describe", "The description of this API",
                answer: .text("application/json"), loader: Loader("service"),
                work: .read { _, _ in
                    Reply(.bytes(description.json, contentType: "application/json"))
                }),
            Operation(
                .get, "/docs", "service:describe", "The same for people",
                answer: .text("text/html"), loader: Loader("service"),
                work: .read { _, _ in
                    Reply(.bytes(description.page, contentType: "text/html; charset=utf-8"))
                }),
        ].map { $0.with { $0.traits.insert(.unlimited) } }
    }
}

/// One process that serves.
struct Node: Sendable {
    let id: String
    /// Nanoseconds since 1970, and of the clock that never goes back.
    let startedAt: (wall: Int64, monotonic: UInt64)

    func uptimeSeconds(_ host: Host) -> Int64 {
        Int64((host.monotonic() - startedAt.monotonic) / 1_000_000_000)
    }
}

/// How the parts of a node are.
private enum NodeHealth {
    /// A part that is degraded works, but not as it was meant to: the node goes on.
    enum Status: String, CaseIterable {
        case healthy, degraded, unhealthy

        static let shape = Shape.choice(allCases.map(\.rawValue))
        var json: JSON { .text(rawValue) }
    }

    struct Check: Sendable {
        let name: String
        var status = Status.healthy
        /// Why it is not healthy.
        var detail: String?

        /// - Parameter failure: `nil`: it works.
        init(name: String, failure: String?) {
            self.name = name
            guard let failure else { return }
            (status, detail) = (.unhealthy, failure)
        }

        mutating func degrade(_ detail: String) { (status, self.detail) = (.degraded, detail) }

        /// A policy that was not taken leaves the last good one.
        init(_ policy: SystemPolicy) {
            name = "policy"
            if let fault = policy.fault { degrade("the last good one decides: \(fault)") }
        }
    }

    static let shape = Shape.object([
        .init("status", Status.shape),
        .init(
            "checks",
            .array(
                of: .object([
                    .init("name", .text(1...32)), .init("status", Status.shape),
                    .init("detail", .text(0...1000), isRequired: false),
                ]), count: 0...16)),
    ])

    static let details = Shape.object([
        .init("status", Status.shape),
        .init("checks", .array(of: .anyObject, count: 0...16)), .init("node", .text(1...64)),
        .init("started_at", .instant), .init("uptime_seconds", .integer(0...Int64.max)),
        .init("policy_revision", .text(1...100)),
        .init(
            "signing_key",
            .nullable(
                .object([
                    .init("id", .text(1...64)), .init("algorithm", .text(1...16)),
                    .init("age_seconds", .integer(0...Int64.max)),
                ]))),
        .init("decisions_not_kept", .integer(0...Int64.max)),
    ])

    static func checks(_ deployment: Deployment, _ database: any Database) async -> [Check] {
        var failure: String?
        do throws(StorageFailure) {
            _ = try await database.read(in: .none, [Statement("SELECT 1 AS one")])
        } catch {
            failure = error.description
        }
        let isSealing = deployment.sealingKeys.areWhole
        var keys = Check(name: "keys", failure: nil)
        do throws(StorageFailure) { _ = try await deployment.keys.get("health") } catch {
            // What they hold may be lost: the node goes on by itself.
            keys.degrade("limits of calls hold for each node alone: \(error)")
        }
        return [
            Check(name: "database", failure: failure), Check(deployment.policy),
            Check(
                name: "sealing_keys", failure: isSealing ? nil : "they do not open what they seal"),
            keys,
            Check(
                name: "signing_key",
                failure: deployment.signingKeys.fault?.description),
        ]
    }

    static func reply(_ checks: [Check], _ node: Node, _ call: OperationCall) -> Reply {
        let status = worst(checks)
        var reply = Reply.json([
            "status": status.json,
            // Why one is not is for those who may see details.
            "checks": .array(checks.map { ["name": .text($0.name), "status": $0.status.json] }),
        ])
        reply.status = status == .unhealthy ? 503 : 200
        return reply
    }

    static func details(
        _ checks: [Check], _ deployment: Deployment, _ node: Node, _ call: OperationCall
    ) -> Reply {
        let status = worst(checks)
        let listed = checks.map { check in
            JSON.object(present: [
                ("name", .text(check.name)), ("status", check.status.json),
                ("detail", check.detail.map(JSON.text)),
            ])
        }
        var reply = Reply.json([
            "status": status.json, "checks": .array(listed), "node": .text(node.id),
            "started_at": .text(Instant.text(node.startedAt.wall / 1_000)),
            "uptime_seconds": .integer(node.uptimeSeconds(call.host)),
            "policy_revision": .text(deployment.policy.revision),
            "signing_key": deployment.signingKeys.active.map { key, ageSeconds in
                [
                    "id": .text(key.id), "algorithm": .text(key.algorithm.rawValue),
                    "age_seconds": .integer(ageSeconds),
                ]
            } ?? .null,
            "decisions_not_kept": .integer(Int64(clamping: deployment.decisions.dropped)),
        ])
        reply.status = status == .unhealthy ? 503 : 200
        return reply
    }

    private static func worst(_ checks: [Check]) -> Status {
        let statuses = checks.map(\.status)
        if statuses.contains(.unhealthy) { return .unhealthy }
        return statuses.contains(.degraded) ? .degraded : .healthy
    }
}
