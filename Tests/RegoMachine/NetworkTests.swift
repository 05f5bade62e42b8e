import Testing

@testable import RegoMachine

private let call = Calls(rows: Builtin.networks)

@Suite struct NetworkTests {
    @Test(arguments: [
        "10.0.0.0", "10.0.0.0/33", "10.0.0/8", "010.0.0.0/8", "10.0.0.256/8", "::/129", "1::2::3/8",
        ":::/8", "1:2:3:4:5:6:7:8::/8", "fe80::1%eth0/64", "1.2.3.4::/8", "::1.2.3/8", "/8", "::/",
        "10.0.0.0/+8", "10.0.0.0/8 ",
    ])
    func whatIsNoBlockIsRefused(text: String) throws {
        #expect(try call("net.cidr_is_valid", .string(text)) == false)
        #expect(throws: BuiltinError.failed("invalid CIDR address: \(text)")) {
            try call("net.cidr_intersects", .string(text), "::/0")
        }
    }

    @Test func hugeBlocksAreRefusedBeforeAnythingIsMade() {
        for block in ["::/0", "0.0.0.0/0", "8.0.0.0/5"] as [Term] {
            #expect(throws: BuiltinError.limit(.memory)) { try call("net.cidr_expand", block) }
        }
        var few = call
        few.limits.steps = 200
        #expect(throws: BuiltinError.limit(.steps)) { try few("net.cidr_expand", "10.0.0.0/24") }
    }

    @Test func addressesOfIPv6NeedAPrefixToMerge() {
        #expect(throws: BuiltinError.failed("IPv6 invalid: needs prefix length")) {
            try call("net.cidr_merge", ["::1"])
        }
    }

    @Test func emptyElementsAreRefused() {
        #expect(
            throws: BuiltinError.failed("operand 2: element must be string or non-empty array")
        ) { try call("net.cidr_contains_matches", "::/0", [[]]) }
    }

    @Test func namesWithoutAnAddressFail() {
        #expect(throws: BuiltinError.failed("no network")) {
            try call("net.lookup_ip_addr", "a.test")
        }
    }

    @Test(
        arguments: [
            ("10.0.0.0/8", "10.1.2.3", true), ("10.0.0.0/8", "10.1.0.0/16", true),
            ("10.1.0.0/16", "10.0.0.0/8", false), ("::/0", "10.0.0.0/8", false),
            ("10.0.0.0/8", "::ffff:10.0.0.1", true), ("::ffff:10.0.0.0/104", "10.255.0.1", true),
            ("2001:db8::/32", "2001:db8:ffff::1", true), ("0.0.0.0/0", "255.255.255.255", true),
            ("::/0", "::/0", true),
        ] as [(Term, Term, Bool)])
    func blocksHoldTheirOwnFamily(block: Term, inner: Term, expected: Bool) throws {
        #expect(try call("net.cidr_contains", block, inner) == .boolean(expected))
    }

    @Test(arguments: [
        ("::", "::/128"), ("0:0:1:0:0:0:0:1", "0:0:1::1/128"), ("1:0:0:2::3", "1:0:0:2::3/128"),
        ("A::0B", "a::b/128"), ("1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7/128"),
    ])
    func addressesAreWrittenShort(address: String, expected: String) throws {
        #expect(
            try call("net.cidr_merge", [.string(address + "/128")]) == .set([.string(expected)]))
    }

    @Test(
        arguments: [
            (["10.0.0.0/9", "10.128.0.0/9"], ["10.0.0.0/8"]),
            (["10.0.0.0/8", "10.1.0.0/16"], ["10.0.0.0/8"]),
            (["10.0.0.0/32", "10.0.0.1/32", "10.0.0.2/32"], ["10.0.0.0/31", "10.0.0.2/32"]),
            (["192.0.128.7"], ["192.0.128.7/24"]), (["0.0.0.0/0", "::/1", "8000::/1"], ["::/0"]),
            ([], []),
        ] as [([Term], [Term])])
    func blocksThatTouchBecomeOne(blocks: [Term], expected: [Term]) throws {
        #expect(try call("net.cidr_merge", .array(blocks)) == .set(expected))
    }

    @Test func expandCountsFromTheFirstAddress() throws {
        #expect(
            try call("net.cidr_expand", "10.0.0.3/30")
                == .set(["10.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.3"]))
    }

    @Test func matchesNameIndexesOfBothSides() throws {
        #expect(
            try call("net.cidr_contains_matches", ["1.1.1.0/24", "2.0.0.0/8"], ["x": "1.1.1.7"])
                == .set([[0, "x"]]))
    }
}
