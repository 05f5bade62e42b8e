#pragma once

// SQLite, and the few of its calls that Swift cannot make: variadic ones, and those whose argument
// is a macro that casts an integer to a function.

#include <sqlite3.h>
#include <stddef.h>

/// Leaves the library's memory uncounted: counting makes all threads of the process wait for each
/// other. Only before the first connection.
static inline int csqlite_leave_memory_uncounted(void) {
    return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

/// Makes a connection strict: no writes to shadow tables and to the schema's text, no functions
/// with side effects in a schema, and no string in double quotes.
static inline int csqlite_harden(sqlite3 *database) {
    int status = sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    if (status == SQLITE_OK)
        status = sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    if (status == SQLITE_OK) status = sqlite3_db_config(database, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    if (status == SQLITE_OK) status = sqlite3_db_config(database, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    return status;
}

/// Whether the connection refuses writes to the schema's text.
static inline int csqlite_is_defensive(sqlite3 *database) {
    int is_on = 0;
    sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, -1, &is_on);
    return is_on;
}

/// Binds a copy of the text; a null pointer is taken for the empty one.
static inline int csqlite_bind_text(
    sqlite3_stmt *statement, int index, const char *text, size_t count) {
    return sqlite3_bind_text64(
        statement, index, text ? text : "", count, SQLITE_TRANSIENT, SQLITE_UTF8);
}

/// Binds a copy of the bytes; a null pointer is taken for none of them.
static inline int csqlite_bind_bytes(
    sqlite3_stmt *statement, int index, const void *bytes, size_t count) {
    return sqlite3_bind_blob64(statement, index, bytes ? bytes : "", count, SQLITE_TRANSIENT);
}
