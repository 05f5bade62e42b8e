import Testing

@testable import Rego
@testable import RegoMachine

private let call = JSONCalls(rows: Builtin.x509)
private let refused = "[false,[]]"

private func verify(
    _ text: String = Certificates.chain, _ options: String = "{}"
) throws -> String {
    try call(
        "crypto.x509.parse_and_verify_certificates_with_options", quoted(text), options)
}

@Suite struct X509Tests {
    @Test(arguments: [
        ("foobar", "illegal base64 data at input byte 4"),
        ("YmFkc3RyaW5n", "x509: malformed certificate"),
        (
            "-----BEGIN X-----\nAAAA\n-----END X-----",
            "PEM block type is 'X', expected CERTIFICATE"
        ),
    ])
    func whatIsNoCertificateIsAnError(_ text: String, _ message: String) {
        #expect(throws: BuiltinError.failed(message)) {
            try call("crypto.x509.parse_certificates", quoted(text))
        }
    }

    @Test func everyPrefixOfACertificateIsRefused() throws {
        let lines = Certificates.blocks[0].split(separator: "\n").dropFirst().dropLast()
        let text = lines.joined()
        for length in stride(from: 4, to: text.utf8.count, by: 4) {
            let part = String(text.prefix(length))
            #expect(throws: BuiltinError.self) {
                try call("crypto.x509.parse_certificates", quoted(part))
            }
        }
    }

    @Test func aChainWithoutItsMiddleDoesNotVerify() throws {
        let (root, leaf) = (Certificates.blocks[0], Certificates.blocks[2])
        #expect(try verify(root + leaf, inTime) == refused)
        #expect(try verify(root, inTime) == refused)
        #expect(try verify("nothing", inTime) == refused)
        let upsideDown = Certificates.blocks.reversed().joined()
        #expect(try verify(upsideDown, inTime) == refused)
    }

    private let inTime = #"{"CurrentTime":1640995200000000000}"#

    @Test func timeDecides() throws {
        #expect(try verify(Certificates.chain, inTime).hasPrefix("[true,"))
        #expect(try verify(Certificates.chain, #"{"CurrentTime":0}"#) == refused)
        #expect(
            try verify(Certificates.chain, #"{"CurrentTime":9000000000000000000}"#) == refused)
        // The host of these calls stands still in 2017.
        #expect(try verify() == refused)
    }

    @Test(arguments: [
        (#""DNSName":"notarealsite.opa.localhost""#, true), (#""DNSName":"opa.localhost""#, false),
        (#""DNSName":"127.0.0.1""#, false), (#""KeyUsages":["KeyUsageClientAuth"]"#, true),
        (#""KeyUsages":["KeyUsageCodeSigning"]"#, false), (#""KeyUsages":["KeyUsageAny"]"#, true),
        (#""KeyUsages":["KeyUsageCodeSigning","KeyUsageServerAuth"]"#, true),
    ])
    func hostAndUsageDecide(_ option: String, _ isValid: Bool) throws {
        let options = #"{"CurrentTime":1640995200000000000,\#(option)}"#
        #expect(try verify(Certificates.chain, options).hasPrefix("[\(isValid)"))
    }

    @Test(arguments: [
        (#"{"Time":1}"#, "invalid key option"),
        (#"{"DNSName":1}"#, "'DNSName' should be a string"),
        (#"{"CurrentTime":1.5}"#, "'CurrentTime' should be a valid int64 number"),
        (#"{"KeyUsages":"a"}"#, "'KeyUsages' should be an Array or Set"),
        (#"{"KeyUsages":["a"]}"#, "invalid entries for 'KeyUsages' found: [a]"),
    ])
    func senselessOptionsAreErrors(_ options: String, _ message: String) {
        #expect(throws: BuiltinError.failed(message)) { try verify(Certificates.chain, options) }
    }

    @Test func aRequestKeepsExtensionsThatNobodyKnows() throws {
        let request = try call(
            "crypto.x509.parse_certificate_request", quoted(Certificates.oddRequest))
        for part in [
            #"{"Critical":true,"Id":[1,2,3,4,5],"Value":"BAH/"}"#,
            #""IPAddresses":["2001:db8::1"]"#,
            #""DNSNames":["a.example"]"#, #""EmailAddresses":["a@example.com"]"#,
            #""Scheme":"spiffe""#,
        ] { #expect(request.contains(part), "\(part)") }
    }

    @Test func aKeyPairNeedsItsOwnKey() {
        let key = "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g"
        #expect(throws: BuiltinError.failed("tls: private key does not match public key")) {
            try call(
                "crypto.x509.parse_keypair", quoted(Certificates.blocks[2]), quoted(key))
        }
    }

    @Test func aKeyShowsItsNumbers() throws {
        let block = """
            -----BEGIN PRIVATE KEY-----
            MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
            -----END PRIVATE KEY-----
            """
        // RFC 8037, appendix A.
        #expect(
            try call("crypto.x509.parse_rsa_private_key", quoted(block))
                == #"{"crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","#
                + #""kty":"OKP","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#)
        #expect(try call("crypto.parse_private_keys", quoted("nope")) == "[]")
        #expect(try call("crypto.parse_private_keys", quoted("")) == "null")
    }
}

@Suite struct AWSTests {
    private let call = JSONCalls(rows: Builtin.aws)
    private let configuration = """
        {"aws_access_key":"AKIDEXAMPLE","aws_region":"us-east-1","aws_service":"service",\
        "aws_secret_access_key":"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
        """

    @Test(arguments: [
        ("{}", #"missing required request parameters(s): {"method", "url"}"#),
        (
            #"{"method":1,"url":[]}"#,
            #"invalid values for required request parameters(s): {"method", "url"}"#
        ),
        (#"{"method":"get","url":"a","x":1}"#, #"invalid request parameters(s): {"x"}"#),
    ])
    func aRequestNeedsItsParameters(_ request: String, _ message: String) {
        #expect(throws: BuiltinError.operandContent(position: 1, message: message)) {
            try call("providers.aws.sign_req", request, configuration, "0")
        }
    }

    @Test func credentialsAreNeeded() {
        #expect(
            throws: BuiltinError.operandContent(
                position: 2,
                message: "missing required AWS config parameters(s): "
                    + #"{"aws_access_key", "aws_region", "aws_secret_access_key", "aws_service"}"#)
        ) { try call("providers.aws.sign_req", "{}", "{}", "0") }
    }

    /// The suite of AWS for version 4, `get-vanilla-query-order-key-case`.
    @Test func signaturesAreAmazons() throws {
        let url = "https://example.amazonaws.com/?Param1=value1&Param2=value2"
        let request = #"{"method":"GET","url":"\#(url)"}"#
        let signed = try call(
            "providers.aws.sign_req", request, configuration, "1440938160000000000")
        #expect(
            signed.contains(
                "Signature=b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"))
        #expect(signed.contains(#""x-amz-date":"20150830T123600Z""#))
    }
}
