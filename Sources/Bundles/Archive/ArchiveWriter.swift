import CArchive

extension Archive {
    /// The gzipped tar file: the same bytes for the same entries, whoever packs them and when.
    /// - Throws: `Failure` where memory runs out.
    public func packed() throws(Failure) -> [UInt8] {
        guard let handle = unsafe archive_write_new() else {
            throw Failure(clause: "out of memory")
        }
        defer { unsafe archive_write_free(handle) }
        unsafe archive_write_add_filter_gzip(handle)
        // Neither a time nor a name in the gzip header, nor in the tar's.
        unsafe archive_write_set_filter_option(handle, "gzip", "timestamp", nil)
        unsafe archive_write_set_format_pax_restricted(handle)
        unsafe archive_write_set_bytes_in_last_block(handle, 1)
        let room = entries.reduce(1 << 20) { $0 + $1.bytes.count + $1.bytes.count / 100 + 8_192 }
        var used = 0
        var failed = false
        let packed = unsafe [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
            failed = unsafe archive_write_open_memory(handle, buffer.baseAddress, room, &used)
                != ARCHIVE_OK
            for entry in entries where !failed { failed = unsafe !write(entry, to: handle) }
            failed = unsafe archive_write_close(handle) != ARCHIVE_OK || failed
            count = failed ? 0 : used
        }
        if failed { throw Failure(clause: "the archive cannot be written") }
        return packed
    }

    @unsafe private func write(_ entry: Entry, to handle: OpaquePointer) -> Bool {
        guard let header = unsafe archive_entry_new() else { return false }
        defer { unsafe archive_entry_free(header) }
        // As `opa build` writes them.
        unsafe archive_entry_set_pathname(header, "/" + entry.path)
        unsafe archive_entry_set_size(header, Int64(entry.bytes.count))
        unsafe archive_entry_set_filetype(header, UInt32(S_IFREG))
        unsafe archive_entry_set_perm(header, 0o600)
        unsafe archive_entry_set_mtime(header, 0, 0)
        guard unsafe archive_write_header(handle, header) == ARCHIVE_OK else { return false }
        let span = entry.bytes.span
        return unsafe span.withUnsafeBytes { bytes in
            unsafe bytes.isEmpty
                || archive_write_data(handle, bytes.baseAddress, bytes.count) == bytes.count
        }
    }
}
