public import Storage

/// How many calls are admitted: the document `data.ostiary.limits` of the policy.
public struct CallLimits: Sendable, Hashable {
    private let tiers: [String: [RateWindow]]
    /// Of an address, for calls without a credential.
    public let address: [RateWindow]

    /// Why a document holds no limits.
    public struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
        public let description: String
    }

    /// - Parameter json: `{"tiers": {"free": {"minute": 60, "hour": 1000, "day": 10000}, …},
    ///   "address": {…}}`.
    /// - Throws: `Failure` for anything else, also where no tier is listed.
    public init(reading json: [UInt8]) throws(Failure) {
        let document: JSON
        do throws(JSON.Failure) {
            document = try JSON(reading: json)
        } catch {
            throw Failure(description: "data.ostiary.limits: \(error.reason)")
        }
        guard case .object(let members) = document["tiers"], !members.isEmpty else {
            throw Failure(description: "data.ostiary.limits.tiers lists no tier")
        }
        var tiers: [String: [RateWindow]] = [:]
        for member in members {
            tiers[member.name] = try CallLimits.windows(member.value, "tiers.\(member.name)")
        }
        self.tiers = tiers
        address = try CallLimits.windows(document["address"] ?? .null, "address")
    }

    /// Of an organization. A tier that is not listed has what the least has.
    public func windows(tier: String) -> [RateWindow] {
        tiers[tier] ?? tiers.values.min { $0[0].limit < $1[0].limit } ?? address
    }

    private static func windows(_ value: JSON, _ name: String) throws(Failure) -> [RateWindow] {
        func calls(_ time: String) throws(Failure) -> Int {
            guard let number = value[time]?.integer, (1...1_000_000_000).contains(number) else {
                throw Failure(
                    description: "data.ostiary.limits.\(name).\(time) is no number of calls")
            }
            return Int(number)
        }
        return [
            .minute(try calls("minute")), .hour(try calls("hour")), .day(try calls("day")),
        ]
    }
}
