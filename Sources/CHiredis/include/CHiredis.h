#pragma once

// hiredis, as far as it is used: commands go out without waiting, replies are taken as they come.
// The library is opened by the first connection and not by the process.

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct redisContext chiredis_connection;
typedef struct redisReply chiredis_reply;

typedef enum {
    CHIREDIS_TEXT = 0,
    CHIREDIS_INTEGER,
    CHIREDIS_NULL,
    CHIREDIS_ARRAY,
    CHIREDIS_FAILURE,
} chiredis_kind;

/// Why hiredis cannot be used; null where it can.
const char *chiredis_load_failure(void);

/// Waits at most so many seconds, as does what is asked until `chiredis_stop_waiting`. The port of
/// a socket in the file system is 0.
chiredis_connection *chiredis_connect(const char *host, int port, int seconds);
/// What is wrong with the connection; null where nothing is.
const char *chiredis_failure(const chiredis_connection *connection);
/// Sends one command and waits for its reply; null where the connection is lost.
chiredis_reply *chiredis_ask(
    chiredis_connection *connection, int count, const char **arguments, const size_t *lengths);
bool chiredis_stop_waiting(chiredis_connection *connection);
int chiredis_socket(const chiredis_connection *connection);
void chiredis_free(chiredis_connection *connection);

/// Puts a command into the buffer; false without memory.
bool chiredis_append(
    chiredis_connection *connection, int count, const char **arguments, const size_t *lengths);
/// 0 where everything is sent, 1 where the socket takes no more, -1 where the connection is lost.
int chiredis_flush(chiredis_connection *connection);
/// Takes what has arrived; false where the connection is lost.
bool chiredis_consume(chiredis_connection *connection);
/// The next whole reply, null where there is none yet; false where it is none of the protocol.
bool chiredis_next_reply(chiredis_connection *connection, chiredis_reply **reply);

chiredis_kind chiredis_kind_of(const chiredis_reply *reply);
long long chiredis_integer(const chiredis_reply *reply);
/// Of a text or a failure.
const char *chiredis_text(const chiredis_reply *reply, size_t *length);
size_t chiredis_count(const chiredis_reply *reply);
const chiredis_reply *chiredis_element(const chiredis_reply *reply, size_t index);
void chiredis_free_reply(chiredis_reply *reply);

#ifdef __cplusplus
}
#endif
