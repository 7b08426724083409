/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The forms that a token's signature can be given: genuine, and the damaged ones of the attack table.
 */
#ifndef MAKER_SIGNATURE_H
#define MAKER_SIGNATURE_H

#include "test/maker/text.h"

#include <openssl/evp.h>
#include <stdbool.h>

/*
 * Sign input in a form by its name; "genuine" is the plain one. Ends the program for a form that there is
 * not, or that does not fit the key.
 * Returns false where this very signature has no such form (s + n does not fit for most s): sign another text.
 */
bool maker_signature_make(EVP_PKEY *key, const char *algorithm, const char *form, const struct maker_text *input,
    struct maker_text *signature);

/* Print the names of the forms. */
void maker_signature_print_forms(void);

#endif
