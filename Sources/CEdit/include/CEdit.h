#pragma once

// libedit behind a few functions. The library is opened by the first prompt and not by the process:
// linked, it would cost every command its start-up; without it lines are read plainly.

#include <stdbool.h>
#include <stddef.h>

/// Whether libedit is there.
bool cedit_is_there(void);

/// Shows a prompt and reads one line with editing, history and completion.
/// - Parameter was_interrupted: Set to whether an interrupt ended it.
/// - Returns: The line without its end, for `free`; null at the end of input, and for an interrupt.
char *cedit_line(const char *prompt, bool *was_interrupted);

/// Waits until something was typed.
/// - Returns: False where an interrupt came first.
bool cedit_wait(void);

/// From now on an interrupt (ctrl+c) ends no process. One at a prompt ends the line; one of an
/// evaluation can be read as a byte from a descriptor.
/// - Returns: The descriptor, or -1.
int cedit_interrupts(void);

/// Which of the two interrupts are for.
void cedit_set_evaluating(bool is);

/// Adds a line to the history, and writes its newest lines to a file unless that is null.
void cedit_remember(const char *line, const char *path, int lines_max);

/// Reads the history of an earlier session.
void cedit_read_history(const char *path);

/// What the tab key completes to from now on: words with zeros behind them, one after the other.
void cedit_complete(const char *words, size_t bytes);
