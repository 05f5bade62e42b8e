import COpenSSL

/// What a certificate may be used for, in Go's order.
/// - Source: RFC 5280, section 4.2.1.12; Go, `crypto/x509`, `ExtKeyUsage`.
public enum ExtendedKeyUsage: Int, Sendable, Hashable, CaseIterable {
    case any, serverAuth, clientAuth, codeSigning, emailProtection
    case ipsecEndSystem, ipsecTunnel, ipsecUser, timeStamping, ocspSigning
    case microsoftServerGated, netscapeServerGated
    case microsoftCommercialCodeSigning, microsoftKernelCodeSigning

    public var identifier: [Int] {
        switch self {
        case .any: [2, 5, 29, 37, 0]
        case .microsoftServerGated: [1, 3, 6, 1, 4, 1, 311, 10, 3, 3]
        case .netscapeServerGated: [2, 16, 840, 1, 113730, 4, 1]
        case .microsoftCommercialCodeSigning: [1, 3, 6, 1, 4, 1, 311, 2, 1, 22]
        case .microsoftKernelCodeSigning: [1, 3, 6, 1, 4, 1, 311, 61, 1, 1]
        default: [1, 3, 6, 1, 5, 5, 7, 3, rawValue]
        }
    }
}

extension Certificate {
    /// The purposes named by the certificate, known or not; empty where it names none and so may
    /// be used for all.
    public var extendedKeyUsages: [[Int]] {
        guard let found = extensions.first(where: { $0.identifier == [2, 5, 29, 37] }) else {
            return []
        }
        var reader = DER(found.value)
        guard var list = try? reader.sequence() else { return [] }
        var usages: [[Int]] = []
        while let usage = try? list.objectIdentifier() { usages.append(usage) }
        return usages
    }
}

/// What a chain of certificates must be good for.
public struct ChainDemands: Sendable {
    /// Seconds since 1970.
    public var time: Int
    /// The name or the address that the leaf must be for; empty: any.
    public var host = ""
    /// The chain must allow one of these.
    public var usages: [ExtendedKeyUsage] = [.serverAuth]

    public init(time: Int) { self.time = time }
}

extension Certificate {
    /// The way from this certificate to a trusted one, both included.
    /// - Parameter root: Trusted whether it signed itself or not.
    /// - Returns: `nil` where there is no way that meets the demands.
    public func chain(
        to root: Certificate, through intermediates: [Certificate], _ demands: ChainDemands
    ) throws(CryptographyError) -> [Certificate]? {
        defer { ERR_clear_error() }
        let search = try ChainSearch(self, root, intermediates)
        guard try search.succeeds(demands) else { return nil }
        let found = try search.chain()
        return Certificate.allows(found, demands.usages) ? found : nil
    }

    /// Whether each certificate of a chain allows one and the same of the purposes.
    private static func allows(_ chain: [Certificate], _ usages: [ExtendedKeyUsage]) -> Bool {
        if usages.isEmpty || usages.contains(.any) { return true }
        var left = usages
        for certificate in chain {
            let allowed = certificate.extendedKeyUsages
            if allowed.isEmpty || allowed.contains(ExtendedKeyUsage.any.identifier) { continue }
            left.removeAll { !allowed.contains($0.identifier) }
        }
        return !left.isEmpty
    }
}

/// The library's objects for one search.
@safe private final class ChainSearch {
    private let store: OpaquePointer
    private let context: OpaquePointer
    private let stack: OpaquePointer
    private var certificates: [OpaquePointer] = unsafe []

    init(
        _ leaf: Certificate, _ root: Certificate, _ intermediates: [Certificate]
    ) throws(CryptographyError) {
        guard let store = unsafe X509_STORE_new(), let context = unsafe X509_STORE_CTX_new(),
            let stack = unsafe OPENSSL_sk_new_null()
        else { throw .failed }
        unsafe self.store = unsafe store
        unsafe self.context = unsafe context
        unsafe self.stack = unsafe stack
        let trusted = unsafe try parsed(root)
        guard unsafe X509_STORE_add_cert(store, trusted) == 1 else { throw .failed }
        for certificate in intermediates {
            let parsed = unsafe try parsed(certificate)
            let pushed = unsafe OPENSSL_sk_push(stack, UnsafeRawPointer(parsed))
            guard pushed > 0 else { throw .failed }
        }
        let first = unsafe try parsed(leaf)
        guard unsafe X509_STORE_CTX_init(context, store, first, stack) == 1 else {
            throw .failed
        }
    }

    deinit {
        unsafe X509_STORE_CTX_free(context)
        unsafe X509_STORE_free(store)
        unsafe OPENSSL_sk_free(stack)
        for index in unsafe certificates.indices { unsafe X509_free(certificates[index]) }
    }

    @unsafe private func parsed(
        _ certificate: Certificate
    ) throws(CryptographyError) -> OpaquePointer {
        let parsed = unsafe certificate.bytes.withUnsafeBufferPointer { bytes in
            var next = bytes.baseAddress
            return unsafe d2i_X509(nil, &next, bytes.count)
        }
        guard let parsed = unsafe parsed else {
            throw .malformed("x509: malformed certificate")
        }
        unsafe certificates.append(parsed)
        return unsafe parsed
    }

    func succeeds(_ demands: ChainDemands) throws(CryptographyError) -> Bool {
        guard let parameters = unsafe X509_STORE_CTX_get0_param(context) else { throw .failed }
        unsafe X509_VERIFY_PARAM_set_time(parameters, demands.time)
        unsafe X509_VERIFY_PARAM_set_flags(parameters, UInt(X509_V_FLAG_PARTIAL_CHAIN))
        // No SHA-1, no RSA below 1,024 bits.
        unsafe X509_VERIFY_PARAM_set_auth_level(parameters, 1)
        if !demands.host.isEmpty {
            // An address is one also in brackets; names in the subject count for nothing.
            let host = demands.host
            let bare =
                host.hasPrefix("[") && host.hasSuffix("]")
                ? String(host.dropFirst().dropLast()) : host
            unsafe X509_VERIFY_PARAM_set_hostflags(
                parameters, UInt32(X509_CHECK_FLAG_NEVER_CHECK_SUBJECT))
            if unsafe X509_VERIFY_PARAM_set1_ip_asc(parameters, bare) != 1 {
                guard unsafe X509_VERIFY_PARAM_set1_host(parameters, host, host.utf8.count) == 1
                else { return false }
            }
        }
        return unsafe X509_verify_cert(context) == 1
    }

    func chain() throws(CryptographyError) -> [Certificate] {
        guard let found = unsafe X509_STORE_CTX_get0_chain(context) else { throw .failed }
        var chain: [Certificate] = []
        for index in 0..<(unsafe OPENSSL_sk_num(found)) {
            guard let element = unsafe OPENSSL_sk_value(found, index) else { throw .failed }
            chain.append(try Certificate(unsafe encoded(OpaquePointer(element))))
        }
        return chain
    }

    @unsafe private func encoded(
        _ certificate: OpaquePointer
    ) throws(CryptographyError) -> [UInt8] {
        let count = unsafe i2d_X509(certificate, nil)
        guard count > 0 else { throw .failed }
        return unsafe [UInt8](unsafeUninitializedCapacity: Int(count)) { output, filled in
            var next = output.baseAddress
            filled = unsafe Int(i2d_X509(certificate, &next))
        }
    }
}

/// The decimal digits of a number given by its bytes.
/// - Parameter bytes: Big endian, two's complement where `isSigned`.
public func decimalText(_ bytes: ArraySlice<UInt8>, isSigned: Bool) -> String {
    var magnitude = Array(bytes)
    let isNegative = isSigned && (bytes.first ?? 0) & 0x80 != 0
    if isNegative {
        var carry = true
        for index in magnitude.indices.reversed() {
            magnitude[index] = ~magnitude[index]
            if carry { (magnitude[index], carry) = magnitude[index].addingReportingOverflow(1) }
        }
    }
    guard let number = unsafe BN_bin2bn(magnitude, Int32(magnitude.count), nil) else { return "0" }
    defer { unsafe BN_free(number) }
    guard let digits = unsafe BN_bn2dec(number) else { return "0" }
    defer { unsafe CRYPTO_free(digits, nil, 0) }
    let text = unsafe String(cString: digits)
    return isNegative ? "-" + text : text
}
