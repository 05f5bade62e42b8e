// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that nobody else's build pays for it: see `make fuzz`.
let package = Package(
    name: "ostiary-fuzz",
    dependencies: [.package(name: "ostiary", path: "../..")],
    targets: [
        .executableTarget(
            name: "fuzz",
            dependencies: [
                .product(name: "Rego", package: "ostiary"),
                .product(name: "Bundles", package: "ostiary"),
            ],
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"), .treatAllWarnings(as: .error),
            ])
    ],
    swiftLanguageModes: [.v6])
