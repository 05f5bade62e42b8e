import Cryptography
import RegoMachine

/// Keys as JSON objects.
/// - Source: RFC 7517; RFC 7518, section 6; RFC 8037, section 2.
enum JSONWebKey {
    enum Material {
        case key(Key)
        case secret(Secret)
    }

    /// The key that an object describes, private where it holds a private member.
    static func material(
        _ value: Value, _ context: BuiltinContext
    ) throws(BuiltinError) -> Material {
        guard value.kind == .object else { throw .failed("a JWK must be an object") }
        let type = value.member("kty")
        guard type.kind == .string else { throw .failed("a JWK lacks its key type") }
        do {
            if type.isText("RSA") { return .key(try rsa(value, context)) }
            if type.isText("EC") { return .key(try ec(value, context)) }
            if type.isText("OKP") { return .key(try okp(value, context)) }
        } catch let error as CryptographyError {
            throw .failed(error.text)
        } catch let error as BuiltinError {
            throw error
        } catch {
            throw .failed("the key cannot be read")
        }
        if type.isText("oct") { return .secret(Secret(try required("k", value, context))) }
        throw .failed("unsupported key type: \(type.bytes.string)")
    }

    private static func rsa(_ value: Value, _ context: BuiltinContext) throws -> Key {
        var members = RSAMembers(
            n: try required("n", value, context), e: try required("e", value, context),
            secret: nil)
        if let d = try optional("d", value, context) {
            var factors: RSAMembers.Factors?
            if let p = try optional("p", value, context),
                let q = try optional("q", value, context),
                let dp = try optional("dp", value, context),
                let dq = try optional("dq", value, context),
                let qi = try optional("qi", value, context)
            {
                factors = RSAMembers.Factors(p: p, q: q, dp: dp, dq: dq, qi: qi)
            }
            members.secret = RSAMembers.Secret(d: d, factors: factors)
        }
        return try Key(members)
    }

    private static func ec(_ value: Value, _ context: BuiltinContext) throws -> Key {
        let name = value.member("crv")
        let curve = Key.Curve.allCases.first { curve in
            name.kind == .string && name.bytes.elementsEqual(curve.rawValue.utf8)
        }
        guard let curve else { throw CryptographyError.unsupported("unsupported curve") }
        return try Key(
            ECMembers(
                curve: curve, x: required("x", value, context), y: required("y", value, context),
                d: optional("d", value, context)))
    }

    private static func okp(_ value: Value, _ context: BuiltinContext) throws -> Key {
        guard value.member("crv").isText("Ed25519") else {
            throw CryptographyError.unsupported("unsupported curve")
        }
        let publicKey = try required("x", value, context)
        guard let seed = try optional("d", value, context) else {
            return try Key(ed25519: publicKey.span, isPrivate: false)
        }
        return try Key(ed25519: seed.span, isPrivate: true)
    }

    private static func required(
        _ name: StaticString, _ value: Value, _ context: BuiltinContext
    ) throws(BuiltinError) -> [UInt8] {
        if let bytes = try optional(name, value, context) { return bytes }
        throw .failed("a JWK lacks `\(name)`")
    }

    private static func optional(
        _ name: StaticString, _ value: Value, _ context: BuiltinContext
    ) throws(BuiltinError) -> [UInt8]? {
        let member = value.member(name)
        if member.isUndefined { return nil }
        guard member.kind == .string else { throw .failed("`\(name)` of a JWK must be a string") }
        return Array(try Base64URL.decoded(member.bytes, context))
    }
}
