import Testing

@testable import RegoMachine

private let call = Calls(rows: Builtin.identifiers + Builtin.versions + Builtin.uris)

@Suite struct IdentifierTests {
    @Test(arguments: ["1", "1.0", "1.0.0.0", "1.0.x", "1.0.0-", "1.0.0-a..b", "1.0.0-ä", "-1.0.0"])
    func whatIsNoVersionIsNamed(text: String) throws {
        // An empty pre-release passes in OPA.
        guard text != "1.0.0-" else { return }
        #expect(try call("semver.is_valid", .string(text)) == false)
        #expect(
            throws: BuiltinError.failed(
                "operand 2: string \(Quoted.text(text)) is not a valid SemVer")
        ) { try call("semver.compare", "1.0.0", .string(text)) }
    }

    @Test func versionsAreOrderedAsTheStandardHasThem() throws {
        let ascending = [
            "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2",
            "1.0.0-beta.11", "1.0.0-rc.1", "v1.0.0+build", "1.0.1", "1.2.0", "2.0.0",
        ]
        for (low, high) in zip(ascending, ascending.dropFirst()) {
            #expect(try call("semver.compare", .string(low), .string(high)) == -1)
            #expect(try call("semver.compare", .string(high), .string(low)) == 1)
        }
        #expect(try call("semver.compare", "1.0.0-01", "1.0.0-1") == 0)
    }

    @Test(arguments: [
        "", "00000000-0000-4000-8000-00000000000", "00000000x0000-4000-8000-000000000000",
        "g0000000-0000-4000-8000-000000000000", "urn:guid:00000000-0000-4000-8000-000000000000",
    ])
    func whatIsNoUUIDIsUndefined(text: String) throws {
        #expect(try call("uuid.parse", .string(text)) == .undefined)
    }

    @Test func timeAndNodeOfAUUIDAreShown() throws {
        #expect(
            try call("uuid.parse", "URN:UUID:000003e8-48b9-21ee-b200-325096b39f47") == [
                "clocksequence": 12800, "domain": "Person", "id": 1000,
                "macvariables": "local:unicast", "nodeid": "32-50-96-b3-9f-47",
                "time": 1_693_566_990_121_469_600, "variant": "RFC4122", "version": 2,
            ])
        #expect(
            try call("uuid.parse", "{6bea8ef2-d3d3-3cd1-84e0-9bab06a52ece}")
                == ["variant": "RFC4122", "version": 3])
    }

    @Test func randomnessStandsStillWithinAQuery() throws {
        let pair = try call.inQuery { call in
            [
                try call("uuid.rfc4122", ["key"]), try call("rand.intn", ["key", 7]),
                try call("rand.intn", ["key", 0]),
            ]
        }
        #expect(pair == ["00010203-0405-4607-8809-0a0b0c0d0e0f", 0, 0])
        var drawn = call
        let bytes: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]
        drawn.host.randomBytes = { _ in bytes }
        #expect(try drawn("rand.intn", "key", -7) == 6)
    }

    @Test(arguments: [
        ("http://exa%6dple.com/", "invalid URL escape \"%6d\""),
        ("http://a<b@example.com/", "net/url: invalid userinfo"),
        ("http://example.com:٣٤/", "invalid port \":٣٤\" after host"),
        ("http://[::1", "missing ']' in host"), ("http://[1.2.3.4]/", "invalid IP-literal"),
        ("http://a b/", "invalid character \" \" in host name"),
        (":a", "missing protocol scheme"), ("/a%zz", "invalid URL escape \"%zz\""),
        ("1:2", "first path segment in URL cannot contain colon"),
        ("a\u{1}", "net/url: invalid control character in URL"),
        ("http://a:1:2/", "invalid port \":1:2\" after host"),
    ])
    func malformedURIsSayWhy(text: String, reason: String) throws {
        #expect(throws: BuiltinError.failed("parse \(Quoted.text(text)): \(reason)")) {
            try call("uri.parse", .string(text))
        }
        #expect(try call("uri.is_valid", .string(text)) == false)
    }

    @Test func partsThatAreNotThereAreLeftOut() throws {
        #expect(try call("uri.parse", "mailto:user@example.com") == ["scheme": "mailto"])
        #expect(try call("uri.parse", "") == [:])
        #expect(
            try call("uri.parse", "HTTPS://me:pw@[fe80::1%25en0]:8080/a%2Fb?q=1&r?#top%20x") == [
                "fragment": "top x", "hostname": "fe80::1%en0", "path": "/a/b", "port": "8080",
                "raw_path": "/a%2Fb", "raw_query": "q=1&r?", "scheme": "https",
            ])
        #expect(
            try call("uri.parse", "https://example.com/a%21b")
                == [
                    "hostname": "example.com", "path": "/a!b", "raw_path": "/a!b",
                    "scheme": "https",
                ])
    }
}
