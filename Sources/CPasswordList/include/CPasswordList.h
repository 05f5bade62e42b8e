#ifndef C_PASSWORD_LIST_H
#define C_PASSWORD_LIST_H

/// Passwords in lower case, sorted by their bytes, a newline behind each; it lives for ever.
const char *_Nonnull password_list(void);

#endif
