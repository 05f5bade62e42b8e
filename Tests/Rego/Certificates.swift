/// Certificates for tests: a root, an intermediate authority, and a leaf for
/// `notarealsite.opa.localhost` with server and client authentication, valid from 2021-07-01.
/// From OPA's suite, `cryptox509parseandverifycertificates`.
enum Certificates {
    static let chain = """
        -----BEGIN CERTIFICATE-----
        MIIBoDCCAUagAwIBAgIRAJXcMYZALXooNq/VV/grXhMwCgYIKoZIzj0EAwIwLjER
        MA8GA1UEChMIT1BBIFRlc3QxGTAXBgNVBAMTEE9QQSBUZXN0IFJvb3QgQ0EwHhcN
        MjEwNzAxMTc0MTUzWhcNMzEwNjI5MTc0MTUzWjAuMREwDwYDVQQKEwhPUEEgVGVz
        dDEZMBcGA1UEAxMQT1BBIFRlc3QgUm9vdCBDQTBZMBMGByqGSM49AgEGCCqGSM49
        AwEHA0IABFqhdZA5LjsJgzsBvhgzfayZFOk+C7PmGCi7xz6zOC3xWORJZSNOyZeJ
        YzSKFmoMZkcFMfslTW1jp9fwe1xl3HWjRTBDMA4GA1UdDwEB/wQEAwIBBjASBgNV
        HRMBAf8ECDAGAQH/AgEBMB0GA1UdDgQWBBTch60qxQvLl+AfDfcaXmjvT8GvpzAK
        BggqhkjOPQQDAgNIADBFAiBqraIP0l2U0oNuH0+rf36hDks94wSB5EGlGH3lYNMR
        ugIhANkbukX5hOP8pJDRWP/pYuv6MBnRY4BS8gpp9Vu31qOb
        -----END CERTIFICATE-----
        -----BEGIN CERTIFICATE-----
        MIIByDCCAW6gAwIBAgIQC0k4DPGrh9me73EJX5zntTAKBggqhkjOPQQDAjAuMREw
        DwYDVQQKEwhPUEEgVGVzdDEZMBcGA1UEAxMQT1BBIFRlc3QgUm9vdCBDQTAeFw0y
        MTA3MDExNzQxNTNaFw0zMTA2MjkxNzQxNTNaMDYxETAPBgNVBAoTCE9QQSBUZXN0
        MSEwHwYDVQQDExhPUEEgVGVzdCBJbnRlcm1lZGlhdGUgQ0EwWTATBgcqhkjOPQIB
        BggqhkjOPQMBBwNCAARvXQa7fy476gDI81nqLYb2SnD459WxBmU0hk2bA3ZuNtI+
        H20KXz6ISmxH3MZ2WBm6rOy7y4Gn+WMCJuxzcl5jo2YwZDAOBgNVHQ8BAf8EBAMC
        AQYwEgYDVR0TAQH/BAgwBgEB/wIBADAdBgNVHQ4EFgQUuslZNjJl0V8I1Gj17IID
        ALy/9WEwHwYDVR0jBBgwFoAU3IetKsULy5fgHw33Gl5o70/Br6cwCgYIKoZIzj0E
        AwIDSAAwRQIgUwsYApW9Tsm6AstWswaKGie0srB4FUkUbfKwWmUI2JgCIQCBTySN
        MF+EiQAMKyz/N9KUuXEckC356WvKcyJaYYcV0w==
        -----END CERTIFICATE-----
        -----BEGIN CERTIFICATE-----
        MIIB8zCCAZqgAwIBAgIRAID4gPKg7DDiuOfzUYFSXLAwCgYIKoZIzj0EAwIwNjER
        MA8GA1UEChMIT1BBIFRlc3QxITAfBgNVBAMTGE9QQSBUZXN0IEludGVybWVkaWF0
        ZSBDQTAeFw0yMTA3MDUxNzQ5NTBaFw0zNjA3MDExNzQ5NDdaMCUxIzAhBgNVBAMT
        Gm5vdGFyZWFsc2l0ZS5vcGEubG9jYWxob3N0MFkwEwYHKoZIzj0CAQYIKoZIzj0D
        AQcDQgAE1YSXZXeaGGL+XeYyoPi/QdA39Ds4fgxSHJTMh+js393kByPm2PNtFkem
        tUii3KCRJw3SEh3z0JWr/9y4+ua2L6OBmTCBljAOBgNVHQ8BAf8EBAMCB4AwHQYD
        VR0lBBYwFAYIKwYBBQUHAwEGCCsGAQUFBwMCMB0GA1UdDgQWBBRL0P0g17viZHo9
        CnXe3ZQJm48LXTAfBgNVHSMEGDAWgBS6yVk2MmXRXwjUaPXsggMAvL/1YTAlBgNV
        HREEHjAcghpub3RhcmVhbHNpdGUub3BhLmxvY2FsaG9zdDAKBggqhkjOPQQDAgNH
        ADBEAiAtmZewL94ijN0YwUGaJM9BXCaoTQPwkzugqjCj+K912QIgKKFvbPu4asrE
        nwy7dzejHmQUcZ/aUNbc4VTbiv15ESk=
        -----END CERTIFICATE-----
        """

    /// One block each, root first.
    static let blocks: [String] = {
        let end = "-----END CERTIFICATE-----\n"
        return (chain + "\n").split(separator: "\n", omittingEmptySubsequences: true)
            .split(whereSeparator: { $0.hasPrefix("-----BEGIN") })
            .map { lines in
                "-----BEGIN CERTIFICATE-----\n" + lines.dropLast().joined(separator: "\n") + "\n"
                    + end
            }
    }()

    /// A request with an extension that nobody knows, critical, and names of every kind.
    static let oddRequest = """
        -----BEGIN CERTIFICATE REQUEST-----
        MIIBRzCB7gIBADAWMRQwEgYDVQQDDAtvZGQuZXhhbXBsZTBZMBMGByqGSM49AgEG
        CCqGSM49AwEHA0IABGtPHL8SDxfoe/L2xkIPAjoaTbyQH/LR61YWV2inndIYImWZ
        bVGNsIMFg/0SLyqPA6hXVNVuIM/kVVtY5/xi0LCgdjB0BgkqhkiG9w0BCQ4xZzBl
        MA4GBCoDBAUBAf8EAwQB/zBDBgNVHREEPDA6gglhLmV4YW1wbGWHECABDbgAAAAA
        AAAAAAAAAAGBDWFAZXhhbXBsZS5jb22GDHNwaWZmZTovL2EvYjAOBgNVHQ8BAf8E
        BAMCB4AwCgYIKoZIzj0EAwIDSAAwRQIhALJudWDCjjpoBw0rJwbrk7DNjohUe7xn
        0yKoLtf2gEenAiBpw+xpIIr0C/NSOdZxTxKjlYTS6Th3tpqmPtjdM38+zw==
        -----END CERTIFICATE REQUEST-----
        """
}
