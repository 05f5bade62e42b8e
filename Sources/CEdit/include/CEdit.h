#pragma once

// libedit behind a few functions. The library is opened by the first prompt and not by the process:
// linked, it would cost every command its start-up; without it lines are read plainly.

#include <stdbool.h>
#include <stddef.h>

/// Whether libedit is there.
bool cedit_is_there(void);

/// Shows a prompt and reads one line with editing, history and completion.
/// - Returns: The line without its end, for `free`; null at the end of input.
char *cedit_line(const char *prompt);

/// Adds a line to the history, and writes its newest lines to a file unless that is null.
void cedit_remember(const char *line, const char *path, int lines_max);

/// Reads the history of an earlier session.
void cedit_read_history(const char *path);

/// What the tab key completes to from now on: words with zeros behind them, one after the other.
void cedit_complete(const char *words, size_t bytes);
