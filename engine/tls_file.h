/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files that 'tls_certificate' and 'tls_key' name.
 */
#ifndef MM_ENGINE_TLS_FILE_H
#define MM_ENGINE_TLS_FILE_H

#include <stdbool.h>

/*
 * What is wrong with such a file, and in *mend what to do about it, both good until the next call; NULL: nothing is.
 * A key that every user of the machine may read or write is wrong.
 * Not checked here: that it is PEM, that certificate and key belong together, whether this process may open it.
 */
const char *mm_tls_file_fault(const char *path, bool is_key, const char **mend);

#endif
