/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a change of configuration lets in and shuts out, in an operator's words.
 */
#ifndef MM_ENGINE_CONFIG_DIFFERENCE_H
#define MM_ENGINE_CONFIG_DIFFERENCE_H

#include "engine/config.h"
#include "engine/json_writer.h"
#include "lib/base/buf.h"

#include <stdbool.h>

/* A maximum for lines that no configuration written by hand comes near. */
#define MM_CONFIG_DIFFERENCE_MAX (16 * 1024 * 1024)

/*
 * Add to lines what new accepts and old did not ("newly allowed: …"), what old accepted and new does not ("no longer
 * allowed: …"), and which other settings differ ("changed: …"; it says where only the next start takes them), one
 * line each, ended by '\n', in that order. Where nothing changed, it is the one line "nothing changed".
 *
 * Sections are compared by name: what is renamed is gone and new. What no service accepts is told all the same.
 * Returns whether there is any change; false also where lines could not take everything: mm_buf_ok() tells.
 * Not looked at here: the files that they name, with their keys and secrets; the order of lists and sections.
 */
bool mm_config_difference(const struct mm_config *old, const struct mm_config *new, struct mm_buf *lines);

/* Its lines as an array of texts, called "difference". */
void mm_config_difference_write(struct mm_json_writer *writer, const struct mm_buf *lines);

#endif
