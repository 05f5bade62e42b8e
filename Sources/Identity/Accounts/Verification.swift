import Storage

/// Makes an account of an address that was shown to be somebody's, and signs its owner in.
struct Verification: Sendable {
    let proof: AddressProof
    let kind: SessionCreation.Kind

    var change: Operation.Change {
        { call, transaction in
            try await run(call, transaction).reply(secret: proof.secret, kind)
        }
    }

    func run(
        _ call: OperationCall, _ transaction: Transaction
    ) async throws -> SessionCreation.Outcome {
        // Whoever opens the link elsewhere shows that the registration is theirs: somebody else may
        // have typed the address, and a password that only they know.
        guard proof.isBound || proof.isPasswordRight else {
            return try await proof.refused(call, kind, transaction)
        }
        let now = call.request.time
        guard let link = try await proof.redeem(in: transaction, now: now),
            let registration = proof.registration
        else { return try await proof.refused(call, kind, transaction) }
        let account = try await make(registration, link, call, transaction)
        var attempt = proof.attempt.adding(
            Evidence(.mail, of: account.id, by: link.address.key, at: now))
        if proof.isPasswordRight {
            attempt = attempt.adding(
                Evidence(.password, of: account.id, by: PasswordRow.firstBasis, at: now))
        }
        return try await SessionCreation(
            call: call, attempt: attempt, kind: kind, account: account,
            lane: SignInLane(of: account.id, device: nil), failures: 0
        ).run(in: transaction)
    }

    /// - Throws: `Fault.conflict` where the address has become somebody's meanwhile.
    private func make(
        _ registration: PendingRegistration, _ link: MailLinks.Found, _ call: OperationCall,
        _ transaction: Transaction
    ) async throws -> SessionCreation.Claimed {
        let now = call.request.time
        let account = NewAccount(
            displayName: registration.displayName, address: link.address, host: call.host)
        do {
            try await account.insert(in: transaction, now: now, host: call.host)
        } catch StorageFailure.constraint(.unique, name: "account_addresses_verified_key") {
            throw Fault(.conflict, "the address is an account's: sign in")
        }
        if let hash = registration.passwordHash {
            try await transaction.execute(
                PasswordRow.keeping(
                    hash, of: account.id, id: Identifier(.credential, call.host).text, now: now))
        }
        try await transaction.execute(PendingRegistration.discarding(link.address))
        return SessionCreation.Claimed(id: account.id, status: "active")
    }
}
