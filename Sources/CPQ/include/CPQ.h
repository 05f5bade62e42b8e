#pragma once

// libpq in pipeline mode and binary format, as far as it is used. The library is opened by the
// first connection and not by the process: linked, it would cost every command its start-up.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pg_conn cpq_connection;
typedef struct pg_result cpq_result;

/// What a result is about.
typedef enum {
    /// The command succeeded, with or without rows.
    CPQ_DONE = 0,
    /// The server reports a failure.
    CPQ_FAILED,
    /// It was not run, because one before it failed.
    CPQ_SKIPPED,
    /// Everything up to a sync has been answered.
    CPQ_SYNCED,
} cpq_kind;

/// Why libpq cannot be used; null where it can.
const char *cpq_load_failure(void);
/// Why a connection string or URI is none; null where it is one. Freed by the caller.
char *cpq_conninfo_failure(const char *conninfo);

/// Waits for the server. Parameters end with a null name; a connection string as `dbname` is taken
/// apart. The connection neither waits in any later call nor prints notices.
cpq_connection *cpq_connect(const char *const *names, const char *const *values);
/// Also where the connection is null.
bool cpq_is_connected(const cpq_connection *connection);
const char *cpq_message(const cpq_connection *connection);
int cpq_socket(const cpq_connection *connection);
void cpq_finish(cpq_connection *connection);

// What is sent waits in a buffer until it is flushed; false where the connection is of no use.
bool cpq_send_prepare(
    cpq_connection *connection, const char *name, const char *sql, int count,
    const uint32_t *types);
/// Runs a prepared statement, or `sql` where `name` is null.
bool cpq_send_query(
    cpq_connection *connection, const char *name, const char *sql, int count,
    const uint32_t *types, const char *const *values, const int *lengths);
bool cpq_send_sync(cpq_connection *connection);
/// 0 where everything is sent, 1 where the socket takes no more, -1 where the connection is lost.
int cpq_flush(cpq_connection *connection);

/// Takes what has arrived; false where the connection is lost.
bool cpq_consume(cpq_connection *connection);
/// Whether the next result has not arrived yet.
bool cpq_is_busy(cpq_connection *connection);
/// Null between the results of two commands.
cpq_result *cpq_next_result(cpq_connection *connection);

cpq_kind cpq_kind_of(const cpq_result *result);
/// A field of the report by its letter in the protocol; null where it has none.
const char *cpq_failure_field(const cpq_result *result, char letter);
/// `UPDATE 3`.
const char *cpq_tag(const cpq_result *result);
int cpq_row_count(const cpq_result *result);
int cpq_column_count(const cpq_result *result);
const char *cpq_column_name(const cpq_result *result, int column);
uint32_t cpq_column_type(const cpq_result *result, int column);
/// Null for NULL.
const char *cpq_value(const cpq_result *result, int row, int column, size_t *length);
void cpq_clear(cpq_result *result);

#ifdef __cplusplus
}
#endif
