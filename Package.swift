// swift-tools-version: 6.2
import PackageDescription

// One target a room; a room imports only rooms of earlier groups (docs/ARCHITECTURE.md).
let ours: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
    .strictMemorySafety(),
]

func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: ours)
}

func tests(
    _ name: String, _ dependencies: [Target.Dependency], lists: [String] = []
) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: dependencies, path: "Tests/\(name)", exclude: lists,
        swiftSettings: ours)
}

let argumentParser: Target.Dependency = .product(
    name: "ArgumentParser", package: "swift-argument-parser")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let nio: [Target.Dependency] = ["NIOCore", "NIOPosix", "NIOHTTP1"].map {
    .product(name: $0, package: "swift-nio")
}

/// What the server's pages are made of: in the binary, beside the code that names them.
let pageFiles =
    ["layout", "account", "form", "outcome"].map { "Templates/\($0).mustache" }
    + ["pages.css", "pages.js"].map { "Assets/\($0)" }

let package = Package(
    name: "ostiary",
    products: [
        .library(name: "Rego", targets: ["Rego", "RegoMachine", "RegoSyntax"]),
        .library(name: "Bundles", targets: ["Bundles"]),
        .executable(name: "ostiary", targets: ["CLI"]),
    ],
    dependencies: [
        .package(
            url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1", traits: []),
        .package(
            url: "https://github.com/hummingbird-project/swift-mustache", exact: "2.1.1"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(
            url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    ],
    targets: [
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(
            name: "CAres", pkgConfig: "libcares", providers: [.apt(["libc-ares-dev"])]),
        .systemLibrary(
            name: "CArgon2", pkgConfig: "libargon2", providers: [.apt(["libargon2-dev"])]),
        .systemLibrary(
            name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
        .systemLibrary(
            name: "CJansson", pkgConfig: "jansson", providers: [.apt(["libjansson-dev"])]),
        .systemLibrary(
            name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(
            name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        // Opens libcurl when it is first used: only the header is needed to build.
        .target(name: "CCurl"),
        // Open libpq and hiredis when a first connection is made.
        .target(name: "CPQ"),
        .target(name: "CHiredis"),
        // Opens libedit when a prompt is first shown.
        .target(name: "CEdit"),
        // The passwords that everybody tries first.
        .target(name: "CPasswordList", exclude: ["README.md"]),
        .target(name: "CRE2", linkerSettings: [.linkedLibrary("re2")]),
        room("RegoMachine"),
        room("RegoSyntax"),
        room("Cryptography", ["CArgon2", "COpenSSL"]),
        room("Rego", ["RegoMachine", "RegoSyntax", "Cryptography", "CRE2", "CYAML"]),
        room("Outbound", ["RegoMachine", "Rego", "CAres", "CCurl"]),
        room("Bundles", ["RegoMachine", "RegoSyntax", "Cryptography", "Rego", "CArchive"]),
        room("Storage", ["Cryptography", "CHiredis", "CPQ", "CSQLite"]),
        // The bundle of the system's own policies, in the binary.
        .target(
            name: "EmbeddedPolicies", path: "bundles",
            exclude: ["abac", "kubernetes", "rbac", "system"].map { "\($0).tar.gz" },
            resources: [.embedInCode("ostiary.tar.gz")], swiftSettings: ours),
        room(
            "Decisions",
            [
                "RegoMachine", "RegoSyntax", "Cryptography", "Rego", "Bundles", "EmbeddedPolicies",
            ]),
        .target(
            name: "Identity",
            dependencies: [
                "RegoMachine", "Cryptography", "Outbound", "Storage", "Decisions", "CJansson",
                "CPasswordList",
                .product(name: "Mustache", package: "swift-mustache"),
            ],
            resources: pageFiles.map { .embedInCode("Pages/\($0)") }, swiftSettings: ours),
        room(
            "Server",
            [
                "RegoMachine", "RegoSyntax", "Cryptography", "Rego", "Outbound", "Bundles",
                "Storage", "Decisions", "Identity", "CZlib", hummingbird,
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ] + nio),
        .executableTarget(
            name: "CLI",
            dependencies: [
                "RegoMachine", "RegoSyntax", "Cryptography", "Rego", "Outbound", "Bundles",
                "Decisions", "Storage", "Identity", "Server", "CEdit",
                argumentParser,
                .product(name: "Logging", package: "swift-log"),
            ], swiftSettings: ours),
        tests("RegoMachine", ["RegoMachine"]),
        tests("RegoSyntax", ["RegoSyntax"]),
        tests("Cryptography", ["Cryptography"]),
        tests(
            "Rego", ["RegoMachine", "RegoSyntax", "Rego", "Outbound"],
            lists: ["diagnostics-passing.txt", "diagnostics-differing.txt", "Diagnostics"]),
        tests("Outbound", ["RegoMachine", "Rego", "Outbound", "Servers"]),
        tests("Storage", ["Storage", "Servers"]),
        tests(
            "Decisions", ["RegoMachine", "Rego", "Outbound", "Bundles", "Decisions"]),
        tests(
            "Server",
            [
                "RegoMachine", "RegoSyntax", "Rego", "Outbound", "Bundles", "Decisions", "Server",
                "Loopback", .product(name: "Logging", package: "swift-log"),
            ]),
        tests(
            "Identity",
            [
                "RegoMachine", "Cryptography", "Outbound", "Storage", "Identity", "Servers",
                "Forgeries",
            ], lists: ["Mail/Goldens"]),
        tests(
            "Policies",
            ["RegoMachine", "RegoSyntax", "Rego", "Outbound", "Bundles", "EmbeddedPolicies"]),
        tests(
            "CLI", ["CLI", "Storage", "Identity", "Loopback", "Servers"], lists: ["Denials"]),
        tests(
            "EndToEnd",
            [
                "CLI", "RegoMachine", "Cryptography", "Outbound", "Decisions", "Storage",
                "Identity", "Server", "Loopback", "Servers", "Forgeries",
                .product(name: "Logging", package: "swift-log"),
            ]),
        // What tests of servers share.
        .target(name: "Loopback", path: "Tests/Loopback", swiftSettings: ours),
        // Databases that tests start for themselves.
        .target(
            name: "Servers", dependencies: ["Storage", "Identity"], path: "Tests/Servers",
            swiftSettings: ours),
        // Tokens that nobody may take, and others' libraries that take ours.
        .target(
            name: "Forgeries", dependencies: ["RegoMachine", "Cryptography", "Identity"],
            path: "Tests/Forgeries", swiftSettings: ours),
        tests(
            "Conformance", ["RegoMachine", "RegoSyntax", "Rego", "Outbound"],
            lists: ["passing.txt", "passing-generated.txt", "differing-generated.txt"]),
        tests("Differential", ["RegoMachine", "RegoSyntax", "Rego", "Outbound"]),
        tests("Tidy", []),
    ],
    swiftLanguageModes: [.v6], cxxLanguageStandard: .cxx17)
