/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Other spellings of one token's text: what a lax decoder takes for the same token, or for a better one.
 */
#ifndef MAKER_SPELLING_H
#define MAKER_SPELLING_H

#include "test/maker/text.h"

#include <stdbool.h>

enum maker_part { MAKER_HEADER, MAKER_PAYLOAD, MAKER_SIGNATURE, MAKER_WHOLE };

struct maker_spelling {
	const char *name;
	enum maker_part part;
	void (*spell)(struct maker_text *text);
};

/* The spelling of this name; ends the program where there is none. */
const struct maker_spelling *maker_spelling_find(const char *name);

/*
 * Spell a text, if the spelling is meant for this part; spelling may be NULL. Header and payload are spelled before
 * they are signed, so that the signature holds over what is sent.
 */
void maker_spell(const struct maker_spelling *spelling, enum maker_part part, struct maker_text *text);

/* Whether this token has what the spelling changes; a short one may have neither '-' nor '_'. */
bool maker_spelling_fits(const struct maker_spelling *spelling, const struct maker_text *token);

/* Whether the part's JSON must have a length that leaves unused bits in its last character. */
bool maker_spelling_needs_unused_bits(const struct maker_spelling *spelling, enum maker_part part);

/* Print the names. */
void maker_spelling_print_names(void);

#endif
