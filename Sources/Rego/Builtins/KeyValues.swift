import Cryptography
import RegoMachine

/// Keys as Go's encoder writes them, and as JWKs.
enum KeyValues {
    /// - Source: Go, `crypto/x509`, `PublicKeyAlgorithm`.
    static func algorithmNumber(_ key: Key) -> Int {
        switch key.kind {
        case .rsa: 1
        case .ec: 3
        case .ed25519: 4
        case .other: 0
        }
    }

    static func publicKey(_ key: Key, _ context: BuiltinContext) throws(BuiltinError) -> Value {
        if let members = key.rsaMembers { return try rsa(members, context).value }
        if let members = key.ecMembers { return try ec(members, context).value }
        guard let members = key.ed25519Members else { return .null }
        return try .string(
            Base64.standard.encode(members.publicKey, padded: true), in: context.arena)
    }

    static func privateKey(_ key: Key, _ context: BuiltinContext) throws(BuiltinError) -> Value {
        if let members = key.rsaMembers, let secret = members.secret {
            let object = try rsa(members, context)
            try object.set("D", digits: digits(secret.d))
            let primes = secret.factors.map { [$0.p, $0.q] } ?? []
            try object.set("Primes", list: primes) { (prime) throws(BuiltinError) in
                try Numbers.parse(digits(prime).utf8, in: context.arena)
            }
            let computed = try GoObject(context)
            if let factors = secret.factors {
                try computed.set("Dp", digits: digits(factors.dp))
                try computed.set("Dq", digits: digits(factors.dq))
                try computed.set("Qinv", digits: digits(factors.qi))
            } else {
                try computed.setNull("Dp", "Dq", "Qinv")
            }
            try computed.set("CRTValues", Value.array([], in: context.arena))
            try object.set("Precomputed", computed.value)
            return object.value
        }
        if let members = key.ecMembers, let d = members.d {
            let object = try ec(members, context)
            try object.set("D", digits: digits(d))
            return object.value
        }
        guard let members = key.ed25519Members, let seed = members.seed else { return .null }
        return try .string(
            Base64.standard.encode(seed + members.publicKey, padded: true), in: context.arena)
    }

    private static func rsa(
        _ members: RSAMembers, _ context: BuiltinContext
    ) throws(BuiltinError) -> GoObject {
        let object = try GoObject(context)
        try object.set("N", digits: digits(members.n))
        try object.set("E", digits: digits(members.e))
        return object
    }

    private static func ec(
        _ members: ECMembers, _ context: BuiltinContext
    ) throws(BuiltinError) -> GoObject {
        let object = try GoObject(context)
        try object.set("Curve", Value.object(in: context.arena))
        try object.set("X", digits: digits(members.x))
        try object.set("Y", digits: digits(members.y))
        return object
    }

    private static func digits(_ number: [UInt8]) -> String {
        decimalText(number[...], isSigned: false)
    }

    /// - Source: RFC 7517; RFC 7518, section 6; RFC 8037, section 2.
    static func jsonWebKey(_ key: Key, _ context: BuiltinContext) throws(BuiltinError) -> Value {
        let object = try GoObject(context)
        func set(_ name: String, _ bytes: [UInt8]) throws(BuiltinError) {
            let text = Base64.url.encode(bytes, padded: false)
            try object.set(name, Value.string(text, in: context.arena))
        }
        if let members = key.rsaMembers, let secret = members.secret {
            try object.set("kty", "RSA")
            try set("n", members.n)
            try set("e", members.e)
            try set("d", secret.d)
            if let factors = secret.factors {
                try set("p", factors.p)
                try set("q", factors.q)
                try set("dp", factors.dp)
                try set("dq", factors.dq)
                try set("qi", factors.qi)
            }
        } else if let members = key.ecMembers, let d = members.d {
            try object.set("kty", "EC")
            try object.set("crv", members.curve.rawValue)
            try set("x", members.x)
            try set("y", members.y)
            try set("d", d)
        } else if let members = key.ed25519Members, let seed = members.seed {
            try object.set("kty", "OKP")
            try object.set("crv", "Ed25519")
            try set("x", members.publicKey)
            try set("d", seed)
        } else {
            throw .failed("unsupported key type")
        }
        return object.value
    }
}
