import Cryptography
import RegoMachine

/// What the extensions of a certificate say, as the fields that Go makes of them. A damaged
/// extension says nothing.
/// - Source: RFC 5280, section 4.2.
struct CertificateExtensions {
    private let extensions: [Certificate.Extension]

    init(_ extensions: [Certificate.Extension]) { self.extensions = extensions }

    private func reader(_ identifier: Int...) -> DER? {
        extensions.first { $0.identifier == identifier }.map { DER($0.value) }
    }

    func set(on object: GoObject, _ context: BuiltinContext) throws(BuiltinError) {
        try setUsages(on: object)
        try setConstraints(on: object)
        try setNames(on: object, context)
        try object.set("URIStrings", texts: names(6).map(text))
        try setPlaces(on: object)
        try setPolicies(on: object, context)
    }

    private func setUsages(on object: GoObject) throws(BuiltinError) {
        var bits = 0
        if var reader = reader(2, 5, 29, 15), let string = try? reader.bitString() {
            for number in 0..<9 where string.bit(number) { bits |= 1 << number }
        }
        try object.set("KeyUsage", bits)
        var known: [Int] = []
        var unknown: [[Int]] = []
        if var reader = reader(2, 5, 29, 37), var list = try? reader.sequence() {
            while let usage = try? list.objectIdentifier() {
                if let found = ExtendedKeyUsage.allCases.first(where: { $0.identifier == usage }) {
                    known.append(found.rawValue)
                } else {
                    unknown.append(usage)
                }
            }
        }
        try object.set("ExtKeyUsage", list: known) { .integer(Int64($0)) }
        try object.set("UnknownExtKeyUsage", list: unknown) { arcs throws(BuiltinError) in
            try GoObject.identifier(arcs, object.context)
        }
    }

    private func setConstraints(on object: GoObject) throws(BuiltinError) {
        var isAuthority = false
        var length = 0
        var isValid = false
        if var reader = reader(2, 5, 29, 19), var parts = try? reader.sequence() {
            isValid = true
            let flag = try? parts.optional(DER.Tag.boolean)
            isAuthority = flag?.content.first ?? 0 != 0
            length = (try? parts.integer()).map { $0.reduce(0) { $0 << 8 | Int($1) } } ?? -1
        }
        try object.set("BasicConstraintsValid", isValid)
        try object.set("IsCA", isAuthority)
        try object.set("MaxPathLen", length)
        try object.set("MaxPathLenZero", isValid && length == 0)
        let critical = extensions.contains {
            $0.identifier == [2, 5, 29, 30] && $0.isCritical
        }
        try object.set("PermittedDNSDomainsCritical", critical)
        let permitted = subtrees(0)
        let excluded = subtrees(1)
        try object.set("PermittedDNSDomains", texts: texts(permitted, 2))
        try object.set("ExcludedDNSDomains", texts: texts(excluded, 2))
        try object.set("PermittedEmailAddresses", texts: texts(permitted, 1))
        try object.set("ExcludedEmailAddresses", texts: texts(excluded, 1))
        try object.set("PermittedURIDomains", texts: texts(permitted, 6))
        try object.set("ExcludedURIDomains", texts: texts(excluded, 6))
        try setRanges("PermittedIPRanges", permitted, on: object)
        try setRanges("ExcludedIPRanges", excluded, on: object)
    }

    /// The names that a certificate authority may, or may not, certify.
    private func subtrees(_ number: UInt8) -> [DER.Element] {
        guard var reader = reader(2, 5, 29, 30), var lists = try? reader.sequence() else {
            return []
        }
        var found: [DER.Element] = []
        while let list = try? lists.element() {
            guard list.tag == DER.Tag.context(number, isConstructed: true) else { continue }
            var trees = list.reader
            while var tree = try? trees.sequence(), let name = try? tree.element() {
                found.append(name)
            }
        }
        return found
    }

    private func texts(_ names: [DER.Element], _ number: UInt8) -> [String] {
        names.filter { $0.tag == DER.Tag.context(number, isConstructed: false) }
            .map { text($0.content) }
    }

    private func setRanges(
        _ field: String, _ names: [DER.Element], on object: GoObject
    ) throws(BuiltinError) {
        let ranges = names.filter { $0.tag == DER.Tag.context(7, isConstructed: false) }
        try object.set(field, list: ranges) { range throws(BuiltinError) in
            let half = range.content.count / 2
            let network = try GoObject(object.context)
            try network.set("IP", AddressText.text(range.content.prefix(half)))
            try network.set("Mask", bytes: range.content.dropFirst(half))
            return network.value
        }
    }
}

extension CertificateExtensions {
    /// Alternative names of the subject of one kind.
    private func names(_ number: UInt8) -> [ArraySlice<UInt8>] {
        guard var reader = reader(2, 5, 29, 17), var list = try? reader.sequence() else {
            return []
        }
        var found: [ArraySlice<UInt8>] = []
        while let name = try? list.element() {
            if name.tag == DER.Tag.context(number, isConstructed: false) {
                found.append(name.content)
            }
        }
        return found
    }

    private func text(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes, as: UTF8.self)
    }

    func setNames(on object: GoObject, _ context: BuiltinContext) throws(BuiltinError) {
        try object.set("DNSNames", texts: names(2).map(text))
        try object.set("EmailAddresses", texts: names(1).map(text))
        try object.set("IPAddresses", texts: names(7).map(AddressText.text))
        try object.set("URIs", list: names(6).map(text)) { (uri) throws(BuiltinError) in
            let parts = URLParts(uri)
            let field = try GoObject(context)
            try field.set("Scheme", parts.scheme)
            try field.set("Opaque", parts.opaque)
            try field.set("User", .null)
            try field.set("Host", parts.host)
            try field.set("Path", parts.path)
            try field.set("RawPath", "")
            try field.set("OmitHost", false)
            try field.set("ForceQuery", false)
            try field.set("RawQuery", parts.query)
            try field.set("Fragment", parts.fragment)
            try field.set("RawFragment", "")
            return field.value
        }
    }

    private func setPlaces(on object: GoObject) throws(BuiltinError) {
        var subject: ArraySlice<UInt8> = []
        if var reader = reader(2, 5, 29, 14),
            let key = try? reader.element(DER.Tag.octetString)
        {
            subject = key.content
        }
        try object.set("SubjectKeyId", bytes: subject)
        var authority: ArraySlice<UInt8> = []
        if var reader = reader(2, 5, 29, 35), var parts = try? reader.sequence(),
            let key = try? parts.element(DER.Tag.context(0, isConstructed: false))
        {
            authority = key.content
        }
        try object.set("AuthorityKeyId", bytes: authority)
        try object.set("OCSPServer", texts: accesses([1, 3, 6, 1, 5, 5, 7, 48, 1]))
        try object.set("IssuingCertificateURL", texts: accesses([1, 3, 6, 1, 5, 5, 7, 48, 2]))
        try object.set("CRLDistributionPoints", texts: distributionPoints)
        let known: Set<[Int]> = [
            [2, 5, 29, 14], [2, 5, 29, 15], [2, 5, 29, 17], [2, 5, 29, 19], [2, 5, 29, 30],
            [2, 5, 29, 31], [2, 5, 29, 32], [2, 5, 29, 33], [2, 5, 29, 35], [2, 5, 29, 36],
            [2, 5, 29, 37], [2, 5, 29, 54], [1, 3, 6, 1, 5, 5, 7, 1, 1],
        ]
        let unhandled = extensions.filter { $0.isCritical && !known.contains($0.identifier) }
        try object.set("UnhandledCriticalExtensions", list: unhandled) {
            found throws(BuiltinError) in
            try GoObject.identifier(found.identifier, object.context)
        }
    }

    private func accesses(_ method: [Int]) -> [String] {
        guard var reader = reader(1, 3, 6, 1, 5, 5, 7, 1, 1), var list = try? reader.sequence()
        else { return [] }
        var found: [String] = []
        while var access = try? list.sequence(), let kind = try? access.objectIdentifier(),
            let place = try? access.element()
        {
            if kind == method && place.tag == DER.Tag.context(6, isConstructed: false) {
                found.append(text(place.content))
            }
        }
        return found
    }

    private var distributionPoints: [String] {
        guard var reader = reader(2, 5, 29, 31), var list = try? reader.sequence() else {
            return []
        }
        let outer = DER.Tag.context(0, isConstructed: true)
        var found: [String] = []
        while var point = try? list.sequence() {
            guard var name = try? point.element(outer).reader,
                var names = try? name.element(outer).reader
            else { continue }
            while let place = try? names.element() {
                if place.tag == DER.Tag.context(6, isConstructed: false) {
                    found.append(text(place.content))
                }
            }
        }
        return found
    }

    private func setPolicies(
        on object: GoObject, _ context: BuiltinContext
    ) throws(BuiltinError) {
        var policies: [[Int]] = []
        if var reader = reader(2, 5, 29, 32), var list = try? reader.sequence() {
            while var policy = try? list.sequence(), let arcs = try? policy.objectIdentifier() {
                policies.append(arcs)
            }
        }
        try object.set("PolicyIdentifiers", list: policies) { arcs throws(BuiltinError) in
            try GoObject.identifier(arcs, context)
        }
        let dotted = policies.map { $0.map(String.init).joined(separator: ".") }
        try object.set("Policies", texts: dotted)
        try object.setNull("PolicyMappings")
        for field in ["InhibitAnyPolicy", "InhibitPolicyMapping", "RequireExplicitPolicy"] {
            try object.set(field, 0)
            try object.set(field + "Zero", false)
        }
    }
}

/// The text of an address given by its 4 or 16 bytes.
/// - Source: RFC 5952.
enum AddressText {
    static func text(_ bytes: ArraySlice<UInt8>) -> String {
        let bytes = Array(bytes)
        if bytes.count == 4 { return bytes.map(String.init).joined(separator: ".") }
        guard bytes.count == 16 else { return "?" + bytes.map { hex(UInt16($0)) }.joined() }
        let groups = (0..<8).map { UInt16(bytes[2 * $0]) << 8 | UInt16(bytes[2 * $0 + 1]) }
        let zeros = longestZeros(groups)
        guard zeros.count > 1 else { return groups.map(hex).joined(separator: ":") }
        return groups[..<zeros.lowerBound].map(hex).joined(separator: ":") + "::"
            + groups[zeros.upperBound...].map(hex).joined(separator: ":")
    }

    private static func hex(_ group: UInt16) -> String { String(group, radix: 16) }

    private static func longestZeros(_ groups: [UInt16]) -> Range<Int> {
        var longest = 0..<0
        var start = 0
        while start < groups.count {
            var end = start
            while end < groups.count && groups[end] == 0 { end += 1 }
            if end - start > longest.count { longest = start..<end }
            start = max(end, start + 1)
        }
        return longest
    }
}

/// A URL cut at its delimiters; nothing is decoded.
/// - Source: RFC 3986, section 3.
struct URLParts {
    var scheme = ""
    var opaque = ""
    var host = ""
    var path = ""
    var query = ""
    var fragment = ""

    init(_ text: String) {
        var rest = Substring(text)
        if let hash = rest.firstIndex(of: "#") {
            fragment = String(rest[rest.index(after: hash)...])
            rest = rest[..<hash]
        }
        if let mark = rest.firstIndex(of: "?") {
            query = String(rest[rest.index(after: mark)...])
            rest = rest[..<mark]
        }
        if let colon = rest.firstIndex(where: { $0 == ":" || $0 == "/" }), rest[colon] == ":" {
            scheme = rest[..<colon].lowercased()
            rest = rest[rest.index(after: colon)...]
        }
        if rest.hasPrefix("//") {
            rest = rest.dropFirst(2)
            let end = rest.firstIndex(of: "/") ?? rest.endIndex
            let authority = rest[..<end]
            let host = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] }
            self.host = String(host ?? authority)
            rest = rest[end...]
        } else if !scheme.isEmpty && !rest.hasPrefix("/") {
            opaque = String(rest)
            return
        }
        path = String(rest)
    }
}
