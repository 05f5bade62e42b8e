import RegoMachine

/// Whom a request trusts and who it says it is: given as text, as a file, or as an environment
/// variable. Of several client certificates the first of these is shown; OPA would offer all.
extension RequestOptions {
    func trust() throws(SendFailure) -> HTTPRequest.TLS {
        var tls = HTTPRequest.TLS()
        let given = try text("tls_ca_cert").map(Self.withLineEnds)
        for part in [given, try rootsFile(), try rootsVariable()] {
            guard let part, !part.isEmpty else { continue }
            tls.roots += part + [UInt8(ascii: "\n")]
        }
        if !tls.roots.isEmpty && !Self.holdsCertificate(tls.roots) {
            throw .refused("could not append certificates")
        }
        let usesSystem = try flag("tls_use_system_certs") ?? false
        tls.trustsSystem = usesSystem || tls.roots.isEmpty
        var pair = try clientTexts()
        if pair == nil { pair = try clientFiles() }
        if pair == nil { pair = try clientVariables() }
        tls.certificate = pair?.certificate ?? []
        tls.key = pair?.key ?? []
        tls.skipsVerification = try flag("tls_insecure_skip_verify") ?? false
        tls.serverName = try text("tls_server_name") ?? ""
        return tls
    }

    /// A policy may have written line ends as `\n`.
    private static func withLineEnds(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\") && rest.first == UInt8(ascii: "n") {
                rest.removeFirst()
                bytes.append(UInt8(ascii: "\n"))
            } else {
                bytes.append(byte)
            }
        }
        return bytes
    }

    private static func holdsCertificate(_ pem: [UInt8]) -> Bool {
        let mark = Array("-----BEGIN CERTIFICATE-----".utf8)
        return pem.split(separator: UInt8(ascii: "\n")).contains { $0.starts(with: mark) }
    }

    private func rootsFile() throws(SendFailure) -> [UInt8]? {
        guard let path = try text("tls_ca_cert_file"), !path.isEmpty else { return nil }
        return try file(path)
    }

    private func rootsVariable() throws(SendFailure) -> [UInt8]? {
        guard let name = try text("tls_ca_cert_env_variable"), !name.isEmpty else { return nil }
        return context.host.http.environment(name).map { Array($0.utf8) } ?? Array("\n".utf8)
    }

    private func file(_ path: String) throws(SendFailure) -> [UInt8] {
        switch context.host.http.file(path) {
        case .bytes(let bytes): return bytes
        case .failure(let reason): throw .refused(reason)
        }
    }

    private typealias Pair = (certificate: [UInt8], key: [UInt8])

    /// Both texts, or none: one without the other says nothing.
    private func both(
        _ certificate: String, _ key: String
    ) throws(SendFailure) -> (String, String)? {
        let texts = (try text(certificate) ?? "", try text(key) ?? "")
        return texts.0.isEmpty || texts.1.isEmpty ? nil : texts
    }

    private func clientTexts() throws(SendFailure) -> Pair? {
        guard let (certificate, key) = try both("tls_client_cert", "tls_client_key") else {
            return nil
        }
        return (Array(certificate.utf8), Array(key.utf8))
    }

    private func clientFiles() throws(SendFailure) -> Pair? {
        guard let (certificate, key) = try both("tls_client_cert_file", "tls_client_key_file")
        else { return nil }
        return (try file(certificate), try file(key))
    }

    private func clientVariables() throws(SendFailure) -> Pair? {
        guard
            let names = try both("tls_client_cert_env_variable", "tls_client_key_env_variable")
        else { return nil }
        let environment = context.host.http.environment
        guard let certificate = environment(names.0), let key = environment(names.1) else {
            let quoted = "\(Quoted.text(names.0)), \(Quoted.text(names.1))"
            throw .refused("cannot extract public/private key pair from envvars \(quoted)")
        }
        return (Array(certificate.utf8), Array(key.utf8))
    }
}
