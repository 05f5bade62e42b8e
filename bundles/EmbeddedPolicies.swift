/// The product's policies as the binary carries them: a server has rules before it has files.
public enum EmbeddedPolicies {
    /// `Policies/ostiary` as a bundle, a gzipped tar file; `make bundles` packs it.
    public static let ostiary: [UInt8] = PackageResources.ostiary_tar_gz
}
